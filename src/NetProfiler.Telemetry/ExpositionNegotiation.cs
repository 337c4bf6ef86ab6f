using Microsoft.Net.Http.Headers;

namespace NetProfiler.Telemetry;

/// <summary>
/// Selects the format that a scraper requests, among the supported ones. Never "not acceptable": the default is text 0.0.4, uncompressed.
/// </summary>
public static class ExpositionNegotiation
{
    /// <summary>
    /// OpenMetrics if it is named with the highest or an equal quality; wildcards, other types (protobuf) and other versions select text.
    /// The parameter <c>escaping</c> is ignored, because all names are valid in every scheme.
    /// </summary>
    public static ExpositionFormat Choose(string? accept)
    {
        if (accept is null || !MediaTypeHeaderValue.TryParseList([accept], out var ranges)) return ExpositionFormat.PrometheusText;

        var openMetrics = Quality(ranges, "application/openmetrics-text", "1.0.0", "0.0.1") ?? 0;
        var text = Quality(ranges, "text/plain", "0.0.4") ?? Quality(ranges, "text/*") ?? Quality(ranges, "*/*") ?? 0;

        return openMetrics > 0 && openMetrics >= text ? ExpositionFormat.OpenMetrics : ExpositionFormat.PrometheusText;
    }

    /// <summary>Whether <c>Accept-Encoding</c> accepts gzip, by name or by wildcard.</summary>
    public static bool AcceptsGzip(string? acceptEncoding)
    {
        if (acceptEncoding is null || !StringWithQualityHeaderValue.TryParseList([acceptEncoding], out var codings)) return false;

        var gzip = codings.FirstOrDefault(coding => coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase))
            ?? codings.FirstOrDefault(coding => coding.Value == "*");

        return gzip is not null && (gzip.Quality ?? 1) > 0;
    }

    /// <summary>
    /// The highest quality at which a type is accepted, in one of these versions or without a version. Null if the type is not named.
    /// </summary>
    private static double? Quality(IList<MediaTypeHeaderValue> ranges, string type, params string[] versions) =>
        ranges.Where(range => range.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase) && HasVersion(range, versions))
            .Max(range => (double?)(range.Quality ?? 1));

    private static bool HasVersion(MediaTypeHeaderValue range, string[] versions)
    {
        var version = range.Parameters.FirstOrDefault(p => p.Name.Equals("version", StringComparison.OrdinalIgnoreCase));
        return version is null || versions.Contains(HeaderUtilities.RemoveQuotes(version.Value).ToString());
    }
}
