/** One file over HTTP. By XMLHttpRequest, since `fetch` does not say how far it is. */

import { UploadError } from "./upload.js";

/**
 * @param {string} url
 * @param {string} token against forged requests
 * @returns {import("./upload.js").Outlets["send"]}
 */
export function postFile(url, token) {
  return (file, onProgress, signal) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.responseType = "json";
      request.setRequestHeader("X-CSRFToken", token);
      request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded / total));
      request.addEventListener("load", () => {
        const { status, response } = request;
        if (status === 201) resolve(response);
        else reject(new UploadError(response?.message ?? "", status === 400 || status === 413));
      });
      for (const end of ["error", "abort", "timeout"])
        request.addEventListener(end, () => reject(new UploadError("")));
      signal.addEventListener("abort", () => request.abort());
      const form = new FormData();
      form.append("file", file);
      request.send(form);
    });
}

/** Tell the server that a file will not be sent. @param {string} token */
export function discardFile(token) {
  return (/** @type {{url: string}} */ { url }) => {
    const headers = { "X-CSRFToken": token };
    fetch(url, { method: "DELETE", headers }).catch(() => {}); // the server forgets it in a day
  };
}
