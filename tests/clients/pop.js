// The vendor's SDK core for Node.js behind lines of JSON, so that check.py can drive it like the SDKs for Python.
//
//     node pop.js METHOD ENDPOINT < CALLS
//
// A call is {key, secret, token, version, action, parameters}. The answer to each is {answer} or {refusal}, in order.
'use strict';

const readline = require('readline');

const RPCClient = require('@alicloud/pop-core').RPCClient;

const [method, endpoint] = process.argv.slice(2);

async function answer({ key, secret, token, version, action, parameters }) {
  const client = new RPCClient({
    accessKeyId: key,
    accessKeySecret: secret,
    securityToken: token || undefined,
    apiVersion: version,
    endpoint,
  });
  try {
    return { answer: await client.request(action, parameters, { method }) };
  } catch (error) {
    if (!error.data) throw error;
    return { refusal: { code: error.code, status: error.entry.response.statusCode, request_id: error.data.RequestId } };
  } finally {
    client.keepAliveAgent.destroy();
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  }
}

main();
