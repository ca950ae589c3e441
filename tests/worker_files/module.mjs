import { part } from "/static/part.mjs";

const response = await fetch("/answer");
postMessage(`${part}, ${await response.text()}`);
