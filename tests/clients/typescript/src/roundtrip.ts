// Asks the API for an eSIM by the generated client, and writes what it was answered.

import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

const [baseUrl, key, traveler_id, endpoint_id] = process.argv.slice(2) as [string, string, string, string];
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });
const { data, error } = await client.GET('/travelers/{traveler_id}/esims/{endpoint_id}', {
  params: { path: { traveler_id, endpoint_id } },
});
if (!data) throw new Error(error.detail);
const esim: components['schemas']['ShownSubscription'] = data;
for (const addon of esim.addons ?? []) {
  const bytes: number | undefined = addon.usage?.granted_bytes;
  if (bytes !== undefined && !Number.isSafeInteger(bytes)) throw new Error(`${bytes} bytes cannot be told exactly`);
}
console.log(JSON.stringify(esim));
