using System.IO.Compression;
using System.Text;

namespace NetProfiler.Web.Server;

/// <summary>The page that is embedded in this assembly. A build without npm does not contain it.</summary>
internal static class PageFiles
{
    public const string Missing =
        "This build of netprofiler has no page, since npm was not there when it was built; the API below /api/v1 is served all the same.\n";

    /// <summary>Scripts and styles are embedded compressed, because they are many times larger uncompressed.</summary>
    public static readonly IReadOnlyDictionary<string, PageFile> All = Read();

    /// <summary>Null if this build does not contain the page.</summary>
    public static string? Text(string name) => All.TryGetValue(name, out var file) ? file.Text() : null;

    private static Dictionary<string, PageFile> Read()
    {
        (string Name, string Type)[] names = [("index.html", "text/html; charset=utf-8"), ("app.js", "text/javascript; charset=utf-8"),
            ("app.css", "text/css; charset=utf-8")];
        var files = new Dictionary<string, PageFile>();
        foreach (var (name, type) in names)
        {
            using var stream = typeof(PageFiles).Assembly.GetManifestResourceStream($"page/{name}.gz");
            if (stream is null) return [];
            using var content = new MemoryStream();
            stream.CopyTo(content);
            files[name] = new PageFile(type, content.ToArray());
        }

        return files;
    }
}

/// <param name="Compressed">The content, compressed with gzip.</param>
internal sealed record PageFile(string ContentType, byte[] Compressed)
{
    public string Text()
    {
        using var text = new StreamReader(new GZipStream(new MemoryStream(Compressed), CompressionMode.Decompress), Encoding.UTF8);
        return text.ReadToEnd();
    }
}
