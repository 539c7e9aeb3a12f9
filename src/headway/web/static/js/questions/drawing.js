// Drawing on a picture. What is drawn becomes the file that the form sends; a photo of paper does as well.
import { $ } from "../headway.js";

const COLOR = "#C2185B";
const EMPTY = { width: 640, height: 420 };

export function drawing(part) {
  const file = $("input[type=file]", part);
  if (!file || file.disabled || !window.DataTransfer) return;
  let box = $("[data-picture]", part);
  if (!box) {
    box = Object.assign(document.createElement("div"), { className: "qpic" });
    part.prepend(box);
  }
  const image = $("img", box);
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  const ink = canvas.getContext("2d");
  const strokes = [];
  let isRubber = false;
  const size = () => {
    canvas.width = image?.naturalWidth || EMPTY.width;
    canvas.height = image?.naturalHeight || EMPTY.height;
    if (!image) canvas.style.position = "relative";
    paint(ink);
  };
  const paint = (on) => {
    on.lineCap = on.lineJoin = "round";
    for (const stroke of strokes) {
      on.globalCompositeOperation = stroke.isRubber ? "destination-out" : "source-over";
      on.strokeStyle = COLOR;
      on.lineWidth = (stroke.isRubber ? 6 : 1) * Math.max(3, canvas.width / 160);
      on.beginPath();
      stroke.points.forEach(([x, y], at) => (at ? on.lineTo(x, y) : on.moveTo(x, y)));
      on.stroke();
    }
    on.globalCompositeOperation = "source-over";
  };
  const again = () => { ink.clearRect(0, 0, canvas.width, canvas.height); paint(ink); };
  const keep = () => {
    const chosen = new DataTransfer();
    const tell = (files) => { file.files = files; file.dispatchEvent(new Event("change", { bubbles: true })); };
    if (!strokes.length) return tell(chosen.files);
    const whole = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    const on = whole.getContext("2d");
    on.fillStyle = "#fff";
    on.fillRect(0, 0, whole.width, whole.height);
    if (image) on.drawImage(image, 0, 0, whole.width, whole.height);
    on.drawImage(canvas, 0, 0);
    whole.toBlob((blob) => {
      chosen.items.add(new File([blob], "drawing.png", { type: "image/png" }));
      tell(chosen.files);
      $("[role=status]", part).textContent = part.dataset.drawn;
    }, "image/png");
  };
  const at = (event) => {
    const frame = canvas.getBoundingClientRect();
    return [((event.clientX - frame.left) / frame.width) * canvas.width, ((event.clientY - frame.top) / frame.height) * canvas.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = at(event);
    const stroke = { isRubber, points: [[x, y], [x + 0.1, y]] };
    strokes.push(stroke);
    const follow = (move) => { stroke.points.push(at(move)); again(); };
    canvas.addEventListener("pointermove", follow);
    canvas.addEventListener("lostpointercapture", () => { canvas.removeEventListener("pointermove", follow); again(); keep(); }, { once: true });
  });

  const tools = Object.assign(document.createElement("div"), { className: "drawtools" });
  const button = (words, press, pressed) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: words });
    if (pressed !== undefined) made.setAttribute("aria-pressed", String(pressed));
    made.addEventListener("click", press);
    tools.append(made);
    return made;
  };
  const choose = (rubber) => {
    isRubber = rubber;
    pen.setAttribute("aria-pressed", String(!rubber));
    eraser.setAttribute("aria-pressed", String(rubber));
  };
  const pen = button(part.dataset.pen, () => choose(false), true);
  const eraser = button(part.dataset.rubber, () => choose(true), false);
  button(part.dataset.back, () => { strokes.pop(); again(); keep(); });
  button(part.dataset.anew, () => { strokes.length = 0; again(); keep(); });
  box.append(canvas);
  box.after(tools);
  if (!image || image.complete) size(); else image.addEventListener("load", size);
}
