// Calls to the service. A call that fails throws a Refusal with the status and what the service says.
// Addresses are relative to where the service is: a proxy may offer it below a path.
const base = new URL("../", import.meta.url);

export function locate(address) {
  return new URL(address, base);
}

export class Refusal extends Error {
  constructor(status, detail, faults) {
    super(detail);
    this.status = status;
    this.faults = faults;
  }
}

async function call(address, options = {}) {
  let response;
  try {
    response = await fetch(locate(address), { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, "", []);
  }
  const content = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(response.status, content.detail || response.statusText, content.errors || []);
  return content;
}

export function get(address) {
  return call(address);
}

export function post(address, content, signal) {
  const headers = { "Content-Type": "application/json" };
  return call(address, { method: "POST", headers, body: JSON.stringify(content), signal });
}

export function address(plant, name) {
  return `plants/${encodeURIComponent(plant)}/${name}`;
}
