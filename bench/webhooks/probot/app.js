// The peer of the bench: checks signatures, hands every event to one empty handler, stores nothing.
import { run } from "probot";

const server = await run((app) => {
  app.onAny(async () => {});
});
console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${server.port}` }));
