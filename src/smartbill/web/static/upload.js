// A file in pieces, each checked, that goes on where it stopped. Texts come from the page; without this script the
// plain form beside it is there.
"use strict";
(() => {
  const box = document.getElementById("upload");
  if (!box || !window.fetch || !Blob.prototype.arrayBuffer) return;
  const part = (name) => document.getElementById(`upload-${name}`);
  const said = part("said"), choice = part("choice"), bar = part("bar");
  const go = part("go"), stop = part("stop"), cancel = part("cancel");
  const FIRST_WAIT = 1000, LONGEST_WAIT = 30000, LOOK = 1000;
  let file = null, upload = null, token = "", running = null;

  class SessionOver extends Error {}
  class Refusal extends Error {}
  class OtherFile extends Error {}
  class FileChanged extends Error {}
  class LineLost extends Error {}

  const say = (name) => { said.textContent = box.dataset[`said${name}`] || name; };
  const show = (element, shown) => { element.hidden = !shown; };

  async function call(method, address, { body, headers = {}, signal } = {}) {
    let answer;
    try {
      answer = await fetch(address, {
        method, body, signal, redirect: "manual", cache: "no-store", credentials: "same-origin",
        headers: method === "GET" ? headers : { "X-CSRFToken": token, ...headers },
      });
    } catch (error) {
      if (signal && signal.aborted) throw error;
      throw new LineLost();
    }
    if (answer.type === "opaqueredirect" || answer.status === 403) throw new SessionOver();
    if (answer.status >= 500 || answer.status === 429) throw new LineLost();
    let told = {};
    try { told = await answer.json(); } catch { if (answer.ok) throw new LineLost(); }
    if (told.error) throw new Refusal(told.error);
    if (!answer.ok && answer.status !== 409 && answer.status !== 422) throw new Refusal(box.dataset.saidFailed);
    return told;
  }

  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const bytes = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
  const sha256 = (data) => crypto.subtle.digest("SHA-256", data);

  async function read(start) {
    try { return await file.slice(start, Math.min(start + upload.piece, file.size)).arrayBuffer(); }
    catch { throw new FileChanged(); }
  }

  // The chain that the chosen file has up to where the server is: another file shows here, before a byte is sent.
  async function check(signal) {
    if (!upload.offset || !window.crypto || !crypto.subtle) return;
    say("Checking");
    let chain = new Uint8Array();
    for (let start = 0; start < upload.offset; start += upload.piece) {
      signal.throwIfAborted();
      const digest = new Uint8Array(await sha256(await read(start)));
      const joined = new Uint8Array(chain.length + digest.length);
      joined.set(chain);
      joined.set(digest, chain.length);
      chain = new Uint8Array(await sha256(joined));
    }
    if (hex(chain) !== upload.chain) throw new OtherFile();
  }

  function draw() {
    const share = upload.size ? upload.offset / upload.size : 0;
    bar.value = share;
    part("part").textContent = `${Math.floor(share * 100)}%`;
  }

  async function sendPiece(signal) {
    const body = await read(upload.offset);
    const headers = { "Upload-Offset": String(upload.offset), "Content-Type": "application/octet-stream" };
    if (window.crypto && crypto.subtle) headers["Upload-Digest"] = hex(await sha256(body));
    const chain = upload.chain, offset = upload.offset;
    const told = await call("PATCH", upload.address, { body, headers, signal });
    upload = told;
    draw();
    if (told.offset !== offset + body.byteLength && told.chain !== chain) await check(signal);
  }

  const pause = (milliseconds, signal) => new Promise((resolve, reject) => {
    const timer = setTimeout(done, milliseconds);
    function done() { clearTimeout(timer); window.removeEventListener("online", done); resolve(); }
    window.addEventListener("online", done);
    signal.addEventListener("abort", () => { done(); reject(signal.reason); }, { once: true });
  });

  async function send(signal) {
    token = (await call("GET", box.dataset.begin, { signal })).token;
    const facts = new URLSearchParams({ name: file.name, size: String(file.size) });
    upload = await call("POST", box.dataset.begin, { body: facts, signal });
    draw();
    await check(signal);
    say("Sending");
    while (upload.state === "open") {
      signal.throwIfAborted();
      await sendPiece(signal);
    }
    say("Whole");
    while (upload.state === "whole") {
      await pause(LOOK, signal);
      upload = await call("GET", upload.address, { signal });
    }
  }

  async function persist(signal) {
    for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      const before = upload ? upload.offset : 0;
      try { return await send(signal); }
      catch (error) {
        if (!(error instanceof LineLost)) throw error;
        if (upload && upload.offset > before) wait = FIRST_WAIT;
        say("Waiting");
        await pause(wait, signal);
      }
    }
  }

  function finish() {
    if (upload.state === "received") {
      say("Received");
      if (upload.reason) said.textContent += ` ${upload.reason}`;
      const link = part("job");
      link.href = upload.job_address;
      link.textContent = upload.job;
      show(part("done"), Boolean(upload.job));
    } else said.textContent = upload.reason || box.dataset.saidFailed;
    show(stop, false);
    show(cancel, false);
    upload = null;
  }

  async function start() {
    const control = new AbortController();
    running = control;
    show(part("progress"), true);
    show(part("session"), false);
    show(part("done"), false);
    part("name").textContent = file.name;
    choice.disabled = true;
    show(go, false);
    show(stop, true);
    show(cancel, true);
    try {
      await persist(control.signal);
      finish();
    } catch (error) {
      const known = [[SessionOver, "Session"], [OtherFile, "Other"], [FileChanged, "Changed"]]
        .find(([kind]) => error instanceof kind);
      if (known) say(known[1]);
      else if (error instanceof Refusal) said.textContent = error.message;
      else say(control.signal.aborted ? "Stopped" : "Failed");
      show(part("session"), error instanceof SessionOver);
      show(stop, false);
      show(go, !(error instanceof OtherFile || error instanceof FileChanged));
      show(cancel, Boolean(upload));
    } finally {
      running = null;
      choice.disabled = false;
    }
  }

  async function giveUp() {
    if (running) running.abort();
    try {
      if (upload) await call("DELETE", upload.address);
      say("Cancelled");
    } catch (error) {
      if (error instanceof SessionOver) { say("Session"); show(part("session"), true); return; }
      said.textContent = error instanceof Refusal ? error.message : box.dataset.saidFailed;
      return;
    }
    upload = null;
    choice.value = "";
    for (const element of [go, stop, cancel, part("progress")]) show(element, false);
  }

  choice.addEventListener("change", () => {
    if (!choice.files.length) return;
    [file] = choice.files;
    start();
  });
  go.addEventListener("click", start);
  stop.addEventListener("click", () => running && running.abort());
  cancel.addEventListener("click", giveUp);
  window.addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });
  show(box, true);
  show(part("plain"), false);
})();
