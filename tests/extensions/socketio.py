"""Flask-SocketIO: https://flask-socketio.readthedocs.io/en/latest/."""

from __future__ import annotations

import json

from flask_socketio import SocketIO, emit

socketio = SocketIO(async_mode="threading")


@socketio.on("json")
def handle(data):
    emit("answer", data)


def init_app(app):
    socketio.init_app(app)


def check(wire):
    polling = "/socket.io/?EIO=4&transport=polling"
    opened = json.loads(wire("GET", polling).text[1:])
    assert "websocket" in opened["upgrades"]
    polling += f"&sid={opened['sid']}"
    assert wire("POST", polling, data="40").text == "OK"
    assert wire("GET", polling).text.startswith("40")
    wire("POST", polling, data='42["json", {"a": 1}]')
    assert '42["answer",{"a":1}]' in wire("GET", polling).text
    wire("GET", "/socket.io/?EIO=1&transport=polling", 400)
