self.onmessage = async (event) => {
  const rows = await (await fetch(event.data)).json();
  self.postMessage(String(rows.length));
};
