const worker = new Worker("/static/fetches.js");
worker.onmessage = (event) => postMessage(event.data);
worker.onerror = () => postMessage("no worker");
