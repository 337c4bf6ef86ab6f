namespace NetProfiler.Analysis.Tests.Support;

/// <summary>Messages, short to write.</summary>
internal static class Http
{
    public const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    public const string Continue = "HTTP/1.1 100 Continue\r\n\r\n";

    public static string Get(string target = "/") => $"GET {target} HTTP/1.1\r\nHost: example\r\n\r\n";

    public static string Post(string target, string content) =>
        $"POST {target} HTTP/1.1\r\nHost: example\r\nContent-Length: {content.Length}\r\n\r\n{content}";

    public static string Response(int status, string content = "") =>
        $"HTTP/1.1 {status} Why not\r\nContent-Length: {content.Length}\r\n\r\n{content}";

    /// <summary>A head alone, for a body that comes in other ways.</summary>
    public static string ResponseHead(int status, string fields) => $"HTTP/1.1 {status} Why not\r\n{fields}\r\n\r\n";

    public static string Chunked(int status, params string[] chunks) => ResponseHead(status, "Transfer-Encoding: chunked") + Chunks(chunks);

    public static string ChunkedPost(string target, params string[] chunks) =>
        $"POST {target} HTTP/1.1\r\nHost: example\r\nTransfer-Encoding: chunked\r\n\r\n" + Chunks(chunks);

    public static string Chunks(params string[] chunks) =>
        string.Concat(chunks.Select(chunk => $"{chunk.Length:x}\r\n{chunk}\r\n")) + "0\r\n\r\n";
}
