fetch("/answer")
  .then((response) => response.text())
  .then(postMessage, (error) => postMessage(error.message));
