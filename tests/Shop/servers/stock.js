// The tier behind: Node.js.
const http = require('http');

const server = http.createServer((request, response) => {
	const number = Number(request.url.slice('/stock/'.length));
	const answer = () => {
		response.setHeader('content-type', 'application/json');
		response.end(JSON.stringify({ number, left: number % 9 }));
	};
	if (number % 400 === 0) setTimeout(answer, number % 10000 / 400 >= 15 ? 800 : 300); // a far shelf
	else answer();
});
server.keepAliveTimeout = 120000;
server.listen(8080);
process.on('SIGTERM', () => process.exit(0));
