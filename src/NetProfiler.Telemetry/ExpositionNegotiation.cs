using Microsoft.Net.Http.Headers;

namespace NetProfiler.Telemetry;

/// <summary>What a scraper asked for, as far as we have it. Never "not acceptable": in doubt it is text 0.0.4, not compressed.</summary>
public static class ExpositionNegotiation
{
    /// <summary>
    /// OpenMetrics where it is named and preferred, or liked as much; wildcards, other types (protobuf) and other versions lead to
    /// text. The parameter <c>escaping</c> means nothing to us: all our names are plain.
    /// </summary>
    public static ExpositionFormat Choose(string? accept)
    {
        if (accept is null || !MediaTypeHeaderValue.TryParseList([accept], out var ranges)) return ExpositionFormat.PrometheusText;

        var openMetrics = Quality(ranges, "application/openmetrics-text", "1.0.0", "0.0.1") ?? 0;
        var text = Quality(ranges, "text/plain", "0.0.4") ?? Quality(ranges, "text/*") ?? Quality(ranges, "*/*") ?? 0;

        return openMetrics > 0 && openMetrics >= text ? ExpositionFormat.OpenMetrics : ExpositionFormat.PrometheusText;
    }

    /// <summary>Whether <c>Accept-Encoding</c> names gzip, or everything, without refusing it.</summary>
    public static bool AcceptsGzip(string? acceptEncoding)
    {
        if (acceptEncoding is null || !StringWithQualityHeaderValue.TryParseList([acceptEncoding], out var codings)) return false;

        var gzip = codings.FirstOrDefault(coding => coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase))
            ?? codings.FirstOrDefault(coding => coding.Value == "*");

        return gzip is not null && (gzip.Quality ?? 1) > 0;
    }

    /// <summary>The highest quality at which a type is accepted, in one of these versions or in any; null: it is not named.</summary>
    private static double? Quality(IList<MediaTypeHeaderValue> ranges, string type, params string[] versions) =>
        ranges.Where(range => range.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase) && HasVersion(range, versions))
            .Max(range => (double?)(range.Quality ?? 1));

    private static bool HasVersion(MediaTypeHeaderValue range, string[] versions)
    {
        var version = range.Parameters.FirstOrDefault(p => p.Name.Equals("version", StringComparison.OrdinalIgnoreCase));
        return version is null || versions.Contains(HeaderUtilities.RemoveQuotes(version.Value).ToString());
    }
}
