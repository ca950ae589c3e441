// The button that copies the command. Without this script there is none.

const button = document.querySelector("button");
const command = document.getElementById("command");

async function copy() {
  await navigator.clipboard.writeText(command.textContent);
  button.textContent = "Copied";
}

if (navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", copy);
}
