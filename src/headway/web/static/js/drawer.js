// The evidence drawer beside the class grid: Esc closes it, and focus goes back to the cell it came from.
const drawer = document.getElementById("panel");
let from = null;
const close = () => { drawer.replaceChildren(); document.getElementById(from)?.focus(); };

if (drawer) {
  document.addEventListener("click", (e) => {
    const cell = e.target.closest(".grid .cell");
    if (cell) from = cell.id;
  });
  drawer.addEventListener("submit", (e) => { if (e.target.method === "dialog") { e.preventDefault(); close(); } });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && drawer.firstElementChild && !e.target.matches("select")) close();
  });
}
