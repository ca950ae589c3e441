document.querySelector("p").textContent = "shown";
