"use strict";
// The viewer: one patient's slices on a canvas, with the outlines of its masks. The volumes lie in the page as JSON.
(() => {
  const root = document.querySelector("#viewer");
  if (!root) return;
  const $ = (selector) => root.querySelector(selector);
  const COLOUR = {truth: "#22dd22", probability: "#ffb000", poor: "#5aaeff"};
  const PREDICTIONS = ["#ff3030", "#ffb000", "#e070ff"]; // of several methods
  const KEYS = {t: "truth", p: "prediction", h: "probability", r: "poor"};
  const canvas = $("canvas"), slider = $("#slice"), chooser = $("#patient"), strip = $("#strip");
  const state = {volume: null, slice: 0, channel: null, low: 0, high: 255, off: new Set(["probability"])};
  let sheets = {}, asked = 0;

  async function open(place) {
    const turn = ++asked;
    const volume = JSON.parse(document.querySelector(`#volume-${place}`).textContent);
    const wanted = {};
    volume.channels.forEach((channel, k) => (wanted[`channel ${k}`] = channel.sheet));
    for (const {name, sheet} of volume.masks) wanted[name] = sheet;
    if (volume.probability) wanted.probability = volume.probability.sheet;
    const drawn = {};
    await Promise.all(Object.entries(wanted).map(async ([name, sheet]) => (drawn[name] = await pixels(sheet))));
    if (turn !== asked) return; // another patient was asked for in the meantime
    sheets = drawn;
    state.volume = volume;
    state.slice = firstSlice(volume);
    if (state.channel === null) state.channel = firstChannel(volume);
    state.channel = Math.min(state.channel, volume.channels.length - 1);
    chooser.value = place;
    layOut();
    draw();
    root.dataset.ready = place;
  }

  async function pixels(sheet) {
    const image = new Image();
    image.src = sheet;
    await image.decode();
    const own = document.createElement("canvas");
    own.width = image.width;
    own.height = image.height;
    const context = own.getContext("2d", {willReadFrequently: true, colorSpace: "srgb"});
    context.drawImage(image, 0, 0);
    return context;
  }

  // the slice with most lesion, true or predicted, as that is what one looks for
  function firstSlice(volume) {
    const areas = volume.masks.map((mask) => mask.areas);
    const sums = Array.from({length: volume.slices}, (_, k) => areas.reduce((sum, of) => sum + of[k], 0));
    const most = Math.max(...sums);
    return most ? sums.indexOf(most) : Math.floor(volume.slices / 2);
  }

  // FLAIR where there is one: it shows the lesion best
  const firstChannel = ({channels}) => Math.max(0, channels.findIndex(({name}) => name.toLowerCase() === "flair"));

  // one value a pixel: the red of the sheet's pixels
  function tile(name, slice) {
    const {width, height, columns} = state.volume;
    const x = (slice % columns) * width, y = Math.floor(slice / columns) * height;
    const data = sheets[name].getImageData(x, y, width, height).data;
    return Uint8Array.from({length: width * height}, (_, k) => data[4 * k]);
  }

  function draw() {
    const {volume, slice} = state, {width, height} = volume;
    const grey = tile(`channel ${state.channel}`, slice);
    const heat = volume.probability && !state.off.has("probability") ? tile("probability", slice) : null;
    const picture = new ImageData(width, height), scale = 255 / Math.max(1, state.high - state.low);
    for (let k = 0; k < grey.length; k++) {
      const value = Math.min(255, Math.max(0, (grey[k] - state.low) * scale)), p = heat ? heat[k] / 255 : 0;
      const cover = 0.65 * p;
      picture.data[4 * k] = value * (1 - cover) + 255 * cover;
      picture.data[4 * k + 1] = value * (1 - cover) + 176 * cover;
      picture.data[4 * k + 2] = value * (1 - cover);
      picture.data[4 * k + 3] = 255;
    }
    const small = new OffscreenCanvas(width, height);
    small.getContext("2d").putImageData(picture, 0, 0);
    const zoom = zoomOf(volume);
    canvas.width = width * zoom * volume.panes.length;
    canvas.height = height * zoom;
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "low"; // bilinear: the middle of a pixel keeps its value
    volume.panes.forEach((names, place) => {
      context.setTransform(1, 0, 0, 1, place * width * zoom, 0);
      context.drawImage(small, 0, 0, width * zoom, height * zoom);
      names.forEach((name, later) => {
        if (state.off.has(name)) return;
        const thickness = later ? 1.5 : 3.5; // the later mask is thinner, so that both are seen where they agree
        outline(context, tile(name, slice), zoom, colourOf(name), thickness);
      });
      if (volume.panes.length > 1) title(context, names.at(-1));
    });
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (!state.off.has("poor")) circles(context, zoom);
    describe();
  }

  function title(context, name) {
    context.font = `${canvas.height / 18}px system-ui, sans-serif`;
    context.fillStyle = colourOf(name);
    context.fillText(name, canvas.height / 40, canvas.height / 14);
  }

  function colourOf(name) {
    const methods = state.volume.masks.map((mask) => mask.name).filter((other) => other !== "truth");
    return COLOUR[name] || PREDICTIONS[methods.indexOf(name) % PREDICTIONS.length];
  }

  // odd, so that a pixel has a middle
  function zoomOf({width, height, panes}) {
    const zoom = Math.max(1, Math.ceil(760 / Math.max(width * Math.sqrt(panes.length), height)));
    return zoom + 1 - (zoom % 2);
  }

  function outline(context, mask, zoom, colour, thickness) {
    const {width, height} = state.volume, inside = (x, y) => x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x];
    context.beginPath();
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (!mask[y * width + x]) continue;
        const left = x * zoom, top = y * zoom, right = left + zoom, bottom = top + zoom;
        if (!inside(x - 1, y)) context.moveTo(left, top), context.lineTo(left, bottom);
        if (!inside(x + 1, y)) context.moveTo(right, top), context.lineTo(right, bottom);
        if (!inside(x, y - 1)) context.moveTo(left, top), context.lineTo(right, top);
        if (!inside(x, y + 1)) context.moveTo(left, bottom), context.lineTo(right, bottom);
      }
    }
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.lineCap = "square";
    context.stroke();
  }

  function circles(context, zoom) {
    const pixel = zoom / state.volume.step;
    context.strokeStyle = COLOUR.poor;
    context.lineWidth = 2;
    context.setLineDash([7, 5]);
    for (const [slice, row, column, radius] of state.volume.poor) {
      if (slice !== state.slice) continue;
      context.beginPath();
      context.arc((column + 0.5) * pixel, (row + 0.5) * pixel, (radius + 1) * pixel, 0, 2 * Math.PI);
      context.stroke();
    }
    context.setLineDash([]);
  }

  // what does not change from slice to slice of a patient
  function layOut() {
    const {volume} = state;
    slider.max = volume.slices - 1;
    canvas.style.aspectRatio = `${volume.width * volume.panes.length} / ${volume.height * volume.aspect}`;
    $("#channels").replaceChildren(...volume.channels.map((channel, k) => choice("radio", "channel", k, channel.name, k === state.channel)));
    const overlays = [...volume.masks.map(({name}) => name), ...(volume.probability ? ["probability"] : [])];
    if (areasOf("truth") && areasOf("prediction")) overlays.push("poor");
    const words = {poor: "clearly poor regions"};
    $("#overlays").replaceChildren(...overlays.map((name) => choice("checkbox", "overlay", name, words[name] || name, !state.off.has(name))));
    const keys = Object.entries(KEYS).filter(([, name]) => overlays.includes(name));
    $("#overlay-keys").replaceChildren(...keys.flatMap(([key, name], place) => [element("kbd", key), ` ${words[name] || name}${place < keys.length - 1 ? ", " : "."} `]));
    $(".choose").hidden = $("#patient-keys").hidden = chooser.options.length === 1;
    const facts = volume.facts.flatMap(([label, text]) => [element("dt", label), element("dd", text)]);
    $("#facts").replaceChildren(...facts);
    const most = Math.max(1, ...volume.masks.flatMap(({areas}) => areas));
    strip.setAttribute("viewBox", `0 0 ${volume.slices} 20`);
    strip.replaceChildren(...volume.masks.flatMap(({name, areas}, place) => areas.map((area, k) => {
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect"), tall = (20 * area) / most;
      const wide = 0.8 / volume.masks.length;
      for (const [key, value] of Object.entries({x: k + 0.1 + place * wide, y: 20 - tall, width: wide, height: tall})) bar.setAttribute(key, value);
      bar.style.fill = colourOf(name);
      return bar;
    })));
    $("#previous").disabled = Number(chooser.selectedIndex) === 0;
    $("#next").disabled = Number(chooser.selectedIndex) === chooser.options.length - 1;
  }

  function choice(type, group, value, text, checked) {
    const label = document.createElement("label"), input = document.createElement("input");
    Object.assign(input, {type, name: group, value, checked});
    label.append(input);
    if (type === "checkbox") {
      const mark = Object.assign(document.createElement("span"), {className: `mark ${value}`});
      mark.style.borderColor = colourOf(value);
      label.append(mark);
    }
    label.append(document.createTextNode(text));
    return label;
  }

  const areasOf = (name) => state.volume.masks.find((mask) => mask.name === name)?.areas;
  const element = (tag, text) => Object.assign(document.createElement(tag), {textContent: text});

  function describe() {
    const {volume, slice} = state, parts = [`slice ${slice + 1} of ${volume.slices}`];
    const truth = areasOf("truth"), methods = volume.masks.filter(({name}) => truth && name !== "truth");
    const scores = [];
    for (const {name, areas} of methods) {
      const [t, p] = [tile("truth", slice), tile(name, slice)], sum = truth[slice] + areas[slice];
      const both = t.reduce((count, value, k) => count + (value && p[k] ? 1 : 0), 0) * volume.step ** 2;
      scores.push((sum ? ((2 * both) / sum).toFixed(2) : "no lesion") + (methods.length > 1 ? ` ${name}` : ""));
    }
    if (scores.length) parts.push(`DSC of the slice${volume.step > 1 ? ", about" : ""}: ${scores.join(", ")}`);
    const text = parts.join(", ");
    $("#where").textContent = text;
    slider.value = slice;
    slider.setAttribute("aria-valuetext", text);
    canvas.setAttribute("aria-label", `${volume.name}, ${volume.channels[state.channel].name}, ${text}`);
    canvas.dataset.slice = slice;
    const [low, high] = [state.low, state.high].map((value) => ((value * volume.channels[state.channel].white) / 255).toPrecision(3));
    $("#window").textContent = `${Number(low)} to ${Number(high)}`;
  }

  function goTo(slice) {
    const found = Math.min(state.volume.slices - 1, Math.max(0, slice));
    if (found === state.slice) return false;
    state.slice = found;
    draw();
    return true;
  }

  function setWindow(low, high) {
    state.low = Math.min(Math.max(0, low), 250);
    state.high = Math.max(Math.min(255, high), state.low + 5);
    $("#low").value = state.low;
    $("#high").value = state.high;
    draw();
  }

  function step(by) {
    const option = chooser.options[chooser.selectedIndex + by];
    if (option) open(option.value);
  }

  canvas.addEventListener("wheel", (event) => {
    if (!state.volume || event.ctrlKey || !event.deltaY) return; // ctrl and wheel zoom the page
    if (goTo(state.slice + Math.sign(event.deltaY))) event.preventDefault(); // at an end the page scrolls on
  }, {passive: false});

  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = {x: event.clientX, y: event.clientY, slice: state.slice, low: state.low, high: state.high, window: event.button === 2};
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag || !state.volume) return;
    const x = event.clientX - drag.x, y = event.clientY - drag.y;
    if (drag.window) return setWindow(drag.low + y / 3 - x / 3, drag.high + y / 3 + x / 3);
    const touch = event.pointerType !== "mouse"; // a finger moves the page up and down
    goTo(drag.slice + Math.round((touch || Math.abs(x) > Math.abs(y) ? x : y) / Math.max(4, 300 / state.volume.slices)));
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (drag = null));
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());

  const SLICES = {ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1, PageUp: -5, PageDown: 5, Home: -Infinity, End: Infinity};
  root.addEventListener("keydown", (event) => {
    const {target, key} = event;
    if (!state.volume || event.ctrlKey || event.metaKey || event.altKey || target.tagName === "SELECT") return;
    const chooses = target.tagName === "INPUT" && target.id !== "slice";
    if (key in SLICES && !chooses) goTo(state.slice + SLICES[key]);
    else if (key === "n") step(1);
    else if (key === "b") step(-1);
    else if (key === "0") setWindow(0, 255);
    else if (/^[1-9]$/.test(key) && state.volume.channels[key - 1]) pick("channel", key - 1);
    else if (KEYS[key]) pick("overlay", KEYS[key]);
    else return;
    event.preventDefault();
  });

  function pick(group, value) {
    const input = [...root.querySelectorAll(`input[name=${group}]`)].find((one) => one.value === String(value));
    if (input) input.click();
  }

  root.addEventListener("change", ({target}) => {
    if (target === chooser) return open(target.value);
    if (target.name === "channel") state.channel = Number(target.value);
    else if (target.name === "overlay") state.off[target.checked ? "delete" : "add"](target.value);
    else return;
    draw();
  });
  slider.addEventListener("input", () => goTo(Number(slider.value)));
  $("#low").addEventListener("input", () => setWindow(Number($("#low").value), Math.max(state.high, Number($("#low").value) + 5)));
  $("#high").addEventListener("input", () => setWindow(Math.min(state.low, Number($("#high").value) - 5), Number($("#high").value)));
  $("#reset").addEventListener("click", () => setWindow(0, 255));
  $("#previous").addEventListener("click", () => step(-1));
  $("#next").addEventListener("click", () => step(1));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-volume]");
    if (!button) return;
    open(button.dataset.volume).then(() => canvas.focus({preventScroll: true}));
    root.scrollIntoView();
  });
  open(chooser.value);
})();
