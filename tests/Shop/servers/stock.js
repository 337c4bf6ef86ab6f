// The tier behind: Node.js.
const http = require('http');

const server = http.createServer((request, response) => {
	const number = Number(request.url.slice('/stock/'.length));
	response.setHeader('content-type', 'application/json');
	response.end(JSON.stringify({ number, left: number % 9 }));
});
server.keepAliveTimeout = 120000;
server.listen(8080);
process.on('SIGTERM', () => process.exit(0));
