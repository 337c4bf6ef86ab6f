// The client of ClientFamilyTests: arguments: port, number of requests, and for TLS any third one: then it begins when a line is read.
const [port, count] = process.argv.slice(2, 4).map(Number);
const isSecure = process.argv.length > 4;
const http = require(isSecure ? 'https' : 'http');
const agent = new http.Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false });

function send(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', method, path, agent, headers }, response => {
      response.resume();
      response.on('end', resolve);
    });
    request.on('error', reject);
    if (body !== undefined && headers['Content-Length'] === undefined) {
      request.write(body); // chunked
      request.write(body);
    } else if (body !== undefined) request.write(body);
    request.end();
  });
}

const kinds = [
  n => send('GET', `/small?n=${n}`),
  n => send('GET', `/f8?n=${n}`),
  n => send('GET', `/missing?n=${n}`),
  n => send('GET', `/fail?n=${n}`),
  n => send('HEAD', `/f5?n=${n}`),
  n => send('POST', `/upload?n=${n}`, 'p'.repeat(n * 97), { 'Content-Length': n * 97 }),
  n => send('POST', `/upload?n=${n}`, 'c'.repeat(1 + n * 31)),
  n => send('GET', `/kept?n=${n}`, undefined, { Range: 'bytes=0-999' }),
  n => send('GET', `/f11?n=${n}`),
  n => send('GET', `/text.txt?n=${n}`, undefined, { 'Accept-Encoding': 'gzip' }),
];
const work = async first => {
  for (let n = first; n < count; n += 4) await kinds[n % 10](n);
};
const all = () => Promise.all([0, 1, 2, 3].map(work))
  .then(() => { agent.destroy(); process.stdin.destroy(); }, failure => { console.error(failure); process.exit(1); });
if (isSecure) {
  process.stdin.once('data', all);
  console.log('ready');
} else all();
