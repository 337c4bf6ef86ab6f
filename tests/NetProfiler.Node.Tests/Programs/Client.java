import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/** The client of ClientFamilyTests: arguments: port, number of requests. Offers h2c on each new connection, as is its default. */
class Client {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static String base;

    public static void main(String[] arguments) throws Exception {
        base = "http://127.0.0.1:" + arguments[0];
        int count = Integer.parseInt(arguments[1]);
        var pool = Executors.newFixedThreadPool(4);
        var work = IntStream.range(0, 4).mapToObj(first -> (Callable<Void>) () -> {
            for (int n = first; n < count; n += 4) send(n);
            return null;
        }).toList();
        for (var done : pool.invokeAll(work)) done.get();
        pool.shutdown();
        System.exit(0);
    }

    private static void send(int n) throws Exception {
        var none = BodyPublishers.noBody();
        switch (n % 10) {
            case 0 -> send("GET", "/small?n=" + n, none);
            case 1 -> send("GET", "/f8?n=" + n, none);
            case 2 -> send("GET", "/missing?n=" + n, none);
            case 3 -> send("GET", "/fail?n=" + n, none);
            case 4 -> send("HEAD", "/f5?n=" + n, none);
            case 5 -> send("POST", "/upload?n=" + n, BodyPublishers.ofByteArray(new byte[n * 97]));
            case 6 -> send("POST", "/upload?n=" + n, BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[1 + n * 200]))); // chunked
            case 7 -> send("GET", "/kept?n=" + n, none, "Range", "bytes=0-999");
            case 8 -> send("GET", "/f11?n=" + n, none);
            default -> send("GET", "/text.txt?n=" + n, none, "Accept-Encoding", "gzip");
        }
    }

    private static void send(String method, String path, BodyPublisher body, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(base + path)).method(method, body);
        if (headers.length > 0) request.headers(headers);
        CLIENT.send(request.build(), BodyHandlers.ofByteArray());
    }
}
