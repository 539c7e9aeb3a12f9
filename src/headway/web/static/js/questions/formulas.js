// Formulas written in LaTeX, between \( \), \[ \] or $$ $$, drawn by KaTeX. What it cannot read stays as it is written.
const LATEX = /\\\(([\s\S]+?)\\\)|\\\[([\s\S]+?)\\\]|\$\$([\s\S]+?)\$\$/g;
const LEFT_ALONE = "script, style, textarea, select, code, pre, svg, math, .katex";

let drawer = null;
async function katex(question) {
  drawer ??= (async () => {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: question.dataset.latexStyle });
    document.head.append(style);
    await import(question.dataset.latex);
    return self.katex;
  })();
  return drawer;
}

function draw(source, isBlock, drawn) {
  const made = document.createElement("span");
  try {
    drawn.render(source, made, { displayMode: isBlock, throwOnError: true, trust: false, maxExpand: 200, maxSize: 20, output: "htmlAndMathml", strict: "ignore" });
    return made;
  } catch {
    return null;
  }
}

export async function formulas(question) {
  let drawn;
  try { drawn = await katex(question); } catch { return; }
  const walker = document.createTreeWalker(question, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(LEFT_ALONE)) found.push(walker.currentNode);
  for (const node of found) {
    const parts = [];
    let last = 0;
    for (const match of node.data.matchAll(LATEX)) {
      const made = draw(match[1] ?? match[2] ?? match[3], match[1] === undefined, drawn);
      if (!made) continue;
      parts.push(node.data.slice(last, match.index), made);
      last = match.index + match[0].length;
    }
    if (parts.length) node.replaceWith(...parts, node.data.slice(last));
  }
  for (const holder of question.querySelectorAll(".math-tex")) {
    if (holder.querySelector(".katex") || holder.textContent.search(LATEX) >= 0) continue;
    const made = draw(holder.textContent, false, drawn);
    if (made) holder.replaceChildren(made);
  }
}
