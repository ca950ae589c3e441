onconnect = (event) => {
  fetch("/answer")
    .then((response) => response.text())
    .then((text) => event.ports[0].postMessage(text));
};
