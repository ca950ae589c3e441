// Requests this page again and lists its headers.
// Strings are inserted as text, never as HTML: Trusted Types would allow it, too.

const section = document.getElementById("headers");

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function row([name, value]) {
  const made = document.createElement("tr");
  const header = element("th", name);
  header.scope = "row";
  made.append(header, element("td", value));
  return made;
}

async function showHeaders() {
  const response = await fetch(location.href);
  const table = document.createElement("table");
  table.append(element("caption", "The headers of this page, as your browser sees them"));
  table.append(...[...response.headers].map(row));
  section.append(table);
}

showHeaders().catch((error) => {
  section.append(element("p", `This page could not be requested again: ${error.message}`));
});
