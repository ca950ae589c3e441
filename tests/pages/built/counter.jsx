import { useState } from "react";
import { createRoot } from "react-dom/client";

function Counter() {
  const [count, setCount] = useState(0);
  const props = { onClick: () => setCount(count + 1), style: { color: "steelblue" } };
  return <button {...props}>{`Count is: ${count}`}</button>;
}

createRoot(document.getElementById("root")).render(<Counter />);
