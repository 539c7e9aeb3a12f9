// Sound and film: how often it was played goes with the answer; a limit is kept.
import { $ } from "../headway.js";

export function media(part) {
  const player = $("audio, video", part);
  const plays = $("[data-plays]", part);
  if (!player || !plays) return;
  const most = Number(part.dataset.media);
  let isNew = true;
  const close = () => {
    player.pause();
    player.controls = false;
    const told = $("[role=status]", part);
    if (told) told.textContent = part.dataset.over;
  };
  player.addEventListener("play", () => {
    if (!isNew) return;
    if (most && Number(plays.value) >= most) return close();
    isNew = false;
    plays.value = String(Number(plays.value) + 1);
    plays.dispatchEvent(new Event("change", { bubbles: true }));
  });
  player.addEventListener("ended", () => {
    isNew = true;
    if (most && Number(plays.value) >= most) close();
  });
  if (most && Number(plays.value) >= most) close();
}
