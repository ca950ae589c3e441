importScripts("/static/part.js");
postMessage(part);
