// A TLS server that sends back what it receives. Arguments: folder of cert.pem and key.pem. Says its port.
const fs = require('fs');
const tls = require('tls');
const folder = process.argv[2];
const options = { cert: fs.readFileSync(`${folder}/cert.pem`), key: fs.readFileSync(`${folder}/key.pem`) };
const server = tls.createServer(options, session => {
  session.on('error', () => {});
  session.pipe(session);
});
server.listen(0, '127.0.0.1', 256, () => console.log(server.address().port));
