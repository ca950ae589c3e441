import { part } from "/static/part.mjs";

registerProcessor(part, class extends AudioWorkletProcessor {});
