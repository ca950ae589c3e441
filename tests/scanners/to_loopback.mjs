// Preloaded into a scanner: whatever it connects to is the app under test on loopback.
import net from "node:net";

const ports = { 80: process.env.HTTP_PORT, 443: process.env.HTTPS_PORT };
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...given) {
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (options.port in ports) {
    Object.assign(options, { host: "127.0.0.1", port: Number(ports[options.port]), lookup: undefined });
  }
  return connect.apply(this, given);
};
