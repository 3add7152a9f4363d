// The server of each key as npm memcached chooses it: a JSON array of servers, or an object of weights, as the argument,
// keys on stdin, one index per line on stdout.
const Memcached = require('memcached');

const servers = JSON.parse(process.argv[2]);
const names = Array.isArray(servers) ? servers : Object.keys(servers);
const client = new Memcached(servers);
const keys = require('fs').readFileSync(0, 'utf8').split('\n').slice(0, -1);
console.log(keys.map((key) => names.indexOf(client.HashRing.get(key))).join('\n'));
