// A proxy with TLS on both sides. Arguments: port, port of the server, folder of cert.pem and key.pem.
const https = require('https');
const fs = require('fs');
const [port, server, folder] = process.argv.slice(2);
const agent = new https.Agent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: false });
const options = { cert: fs.readFileSync(`${folder}/cert.pem`), key: fs.readFileSync(`${folder}/key.pem`), keepAliveTimeout: 60000 };
https.createServer(options, (request, response) => {
  const { method, url: path, headers } = request;
  const passed = https.request({ host: '127.0.0.1', port: Number(server), path, method, headers, agent }, answer => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', () => response.writeHead(502).end());
  request.pipe(passed);
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
