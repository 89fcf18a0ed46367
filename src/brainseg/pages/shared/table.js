"use strict";
// Tables: a click on a heading sorts, a choice above filters. The rows are in the page; without script they stay as they are.
(() => {
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0], value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
    for (const button of table.querySelectorAll("th button")) {
      button.addEventListener("click", () => {
        const heading = button.closest("th"), column = heading.cellIndex;
        const down = heading.getAttribute("aria-sort") === "ascending";
        for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const numbers = heading.classList.contains("number");
        const rows = [...body.rows].sort((a, b) => {
          const [x, y] = [value(a, column), value(b, column)];
          if (x === "" || y === "") return (x === "") - (y === ""); // undefined last, either way
          return (down ? -1 : 1) * (numbers ? x - y : x.localeCompare(y));
        });
        body.append(...rows);
      });
    }
  }
  for (const form of document.querySelectorAll("form.filter")) {
    const rows = [...document.querySelector(`#${form.dataset.table}`).tBodies[0].rows], count = form.querySelector("output");
    const filter = () => {
      const asked = [...form.querySelectorAll("select")].filter((choice) => choice.value);
      for (const row of rows) row.hidden = asked.some((choice) => row.dataset[choice.name] !== choice.value);
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
    };
    form.addEventListener("change", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }
})();
