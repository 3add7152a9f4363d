// The server of each key as memjs chooses it: a JSON array of servers as the argument, keys on stdin, one index per line on
// stdout.
const memjs = require('memjs');

const client = memjs.Client.create(JSON.parse(process.argv[2]).join(','));
const keys = require('fs').readFileSync(0, 'utf8').split('\n').slice(0, -1);
console.log(keys.map((key) => client.getServer(key)).join('\n'));
process.exit(0);
