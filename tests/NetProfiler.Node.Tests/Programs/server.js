// The server of ServerTests: see ServerTests.Requests. Arguments: port, and for TLS the folder of cert.pem and key.pem.
const fs = require('fs');
const [port, folder] = process.argv.slice(2);
const options = { keepAliveTimeout: 60000 };
if (folder) Object.assign(options, { cert: fs.readFileSync(`${folder}/cert.pem`), key: fs.readFileSync(`${folder}/key.pem`) });
const large = 'x'.repeat(200000);
require(folder ? 'https' : 'http').createServer(options, (request, response) => {
  const path = request.url.split('?')[0];
  if (path === '/echo') {
    const parts = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      response.setHeader('Content-Length', body.length);
      response.end(body);
    });
    return;
  }
  request.resume();
  if (path === '/small') response.end('hello\n');
  else if (path === '/large') response.end(large);
  else if (path === '/chunked') {
    for (let i = 0; i < 10; i++) response.write(`part ${i} ${'y'.repeat(i * 1000)}\n`);
    response.end();
  } else {
    response.statusCode = path === '/fail' ? 500 : 404;
    response.end('no\n');
  }
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
