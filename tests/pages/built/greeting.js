import { LitElement, css, html } from "lit";

class SimpleGreeting extends LitElement {
  static properties = { name: {} };

  static styles = css`p { color: blue; }`;

  render() {
    return html`<p>Hello, ${this.name}!</p>`;
  }
}

customElements.define("simple-greeting", SimpleGreeting);
