// A client on the generated types against the sandbox: AMOCRM_BASE_URL and AMOCRM_TOKEN say where.
import createClient from "openapi-fetch";
import type { paths } from "./amocrm.js";

declare const process: { env: Record<string, string | undefined> };

function check(holds: unknown, what: string): asserts holds {
  if (!holds) throw new Error(`failed: ${what}`);
}

// Lists and ranges inside filter[...] are nested, as PHP writes them; openapi-fetch leaves that to its users.
function querySerializer(query: Record<string, unknown>): string {
  const found = new URLSearchParams();
  const add = (key: string, value: unknown): void => {
    if (value === undefined || value === null) return;
    if (typeof value !== "object") found.append(key, String(value));
    else for (const [name, inner] of Object.entries(value)) add(`${key}[${Array.isArray(value) ? "" : name}]`, inner);
  };
  for (const [key, value] of Object.entries(query)) add(key, key === "with" ? String(value) : value);
  return found.toString();
}

const client = createClient<paths>({
  querySerializer,
  baseUrl: process.env.AMOCRM_BASE_URL,
  headers: { authorization: `Bearer ${process.env.AMOCRM_TOKEN}` },
});

const none = await client.GET("/api/v4/leads");
check(none.response.status === 204, "an empty list is answered with 204");

const created = await client.POST("/api/v4/leads", { body: [{ name: "Заказ 17", price: 5000 }] });
check(created.data, `a lead is created, got ${created.response.status}`);
const id = created.data._embedded?.leads?.[0]?.id;
check(typeof id === "number", "the answer names the id");

const changed = await client.PATCH("/api/v4/leads/{id}", { params: { path: { id } }, body: { price: 7000 } });
check(changed.response.status === 200, "one lead is changed");

const page = await client.GET("/api/v4/leads", {
  params: { query: { limit: 10, with: ["contacts"], filter: { id: [id] }, order: { id: "desc" } } },
});
check(page.data?._embedded.leads[0]?.price === 7000, "the list shows the new price");

const note = await client.POST("/api/v4/{entity_type}/{entity_id}/notes", {
  params: { path: { entity_type: "leads", entity_id: id } },
  body: [{ note_type: "common", params: { text: "Позвонить завтра" } }],
});
check(note.response.status === 200, "a note is added");

const refused = await client.GET("/api/v4/leads/{id}", {
  params: { path: { id } },
  headers: { authorization: "Bearer wrong" },
});
check(refused.error && refused.response.status === 401, "a wrong token is refused with a problem");

console.log("the client on the generated types did six calls");
