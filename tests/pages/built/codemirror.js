import { basicSetup } from "codemirror";
import { EditorView } from "@codemirror/view";
import { javascript } from "@codemirror/lang-javascript";

new EditorView({
  doc: "const hello = 1;",
  extensions: [basicSetup, javascript()],
  parent: document.querySelector("#editor"),
});
