using System.Buffers;
using System.Diagnostics;
using System.Text;

namespace NetProfiler.Telemetry;

/// <summary>
/// Writes families as text, in either format. Works in pieces (a family's metadata, then its series, and the end mark last), so that a
/// response of many megabytes is never held in memory; <see cref="Write"/> writes all of them.
/// </summary>
public sealed class ExpositionWriter(ExpositionFormat format, IBufferWriter<byte> output)
{
    /// <summary>
    /// OpenMetrics 1.0, section "Exemplars": the maximum number of code points of an exemplar's names and values together.
    /// </summary>
    private const int MaxExemplarCodePoints = 128;

    private readonly bool _isOpenMetrics = format == ExpositionFormat.OpenMetrics;

    public static void Write(IReadOnlyList<MetricFamily> families, ExpositionFormat format, IBufferWriter<byte> output)
    {
        AssertUnique(families);
        var writer = new ExpositionWriter(format, output);

        foreach (var family in families)
        {
            writer.WriteMetadata(family);
            foreach (var series in family.Series) writer.WriteSeries(family, series);
        }

        writer.WriteEnd();
    }

    /// <summary>
    /// The lines TYPE, UNIT and HELP. In OpenMetrics, a counter's family has the base name; in 0.0.4, it has the name of its sample.
    /// </summary>
    public void WriteMetadata(MetricFamily family)
    {
        var name = family.Name + (family.Type == MetricType.Counter && !_isOpenMetrics ? "_total" : "");
        var help = _isOpenMetrics ? LabelValue.Escape(family.Help) : LabelValue.EscapeHelp(family.Help);
        var unit = _isOpenMetrics && family.Unit is not null ? $"# UNIT {name} {family.Unit}\n" : "";

        output.Write(Encoding.UTF8.GetBytes($"# TYPE {name} {NameOf(family.Type)}\n{unit}# HELP {name} {help}\n"));
    }

    public void WriteSeries(MetricFamily family, MetricSeries series)
    {
        var text = new Utf8Appender(output);

        switch (family.Type, series)
        {
            case (MetricType.Counter, CounterSeries counter): WriteCounter(ref text, family.Utf8Name, counter); break;
            case (MetricType.Gauge, GaugeSeries gauge): WriteGauge(ref text, family.Utf8Name, gauge); break;
            case (MetricType.Histogram, HistogramSeries histogram): WriteHistogram(ref text, family.Utf8Name, histogram); break;
            default: throw new UnreachableException($"a {series.GetType().Name} in the {family.Type} {family.Name}");
        }

        text.Flush();
    }

    public void WriteEnd()
    {
        if (_isOpenMetrics) output.Write("# EOF\n"u8);
    }

    private void WriteCounter(ref Utf8Appender text, ReadOnlySpan<byte> name, CounterSeries counter)
    {
        AppendSample(ref text, name, "_total"u8, counter.Labels.Utf8);
        counter.Value.AppendTo(ref text);
        AppendExemplar(ref text, counter.Exemplar);
        text.Append("\n"u8);

        AppendCreated(ref text, name, counter.Labels.Utf8, counter.CreatedUnixSeconds);
    }

    private static void WriteGauge(ref Utf8Appender text, ReadOnlySpan<byte> name, GaugeSeries gauge)
    {
        AppendSample(ref text, name, ""u8, gauge.Labels.Utf8);
        gauge.Value.AppendTo(ref text);
        text.Append("\n"u8);
    }

    private void WriteHistogram(ref Utf8Appender text, ReadOnlySpan<byte> name, HistogramSeries histogram)
    {
        histogram.AssertWellFormed();
        var labels = histogram.Labels.Utf8;
        var counts = histogram.Counts.Span;
        var exemplars = histogram.Exemplars.Span;
        var cumulative = 0L;

        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            cumulative += counts[bucket];
            AppendSample(ref text, name, "_bucket"u8, labels, histogram.Bounds.LeLabel(bucket));
            text.Append(cumulative);
            AppendExemplar(ref text, exemplars.IsEmpty ? null : exemplars[bucket]);
            text.Append("\n"u8);
        }

        AppendSample(ref text, name, "_count"u8, labels);
        text.Append(cumulative);
        text.Append("\n"u8);
        AppendSample(ref text, name, "_sum"u8, labels);
        text.Append(histogram.Sum);
        text.Append("\n"u8);

        AppendCreated(ref text, name, labels, histogram.CreatedUnixSeconds);
    }

    /// <summary>The line of a sample up to its value: name, suffix, labels, space.</summary>
    private static void AppendSample(
        ref Utf8Appender text,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> suffix,
        ReadOnlySpan<byte> labels,
        ReadOnlySpan<byte> le = default)
    {
        text.Append(name);
        text.Append(suffix);

        if (labels.Length + le.Length > 0)
        {
            text.Append("{"u8);
            text.Append(labels);
            if (!labels.IsEmpty && !le.IsEmpty) text.Append(","u8);
            text.Append(le);
            text.Append("}"u8);
        }

        text.Append(" "u8);
    }

    /// <summary>An exemplar over OpenMetrics' limit is omitted: a truncated trace id is useless.</summary>
    private void AppendExemplar(ref Utf8Appender text, Exemplar? exemplar)
    {
        if (!_isOpenMetrics || exemplar is null || exemplar.Labels.CountCodePoints() > MaxExemplarCodePoints) return;

        text.Append(" # {"u8);
        text.Append(exemplar.Labels.Utf8);
        text.Append("} "u8);
        text.Append(exemplar.Value);
        text.Append(" "u8);
        text.Append(exemplar.UnixSeconds);
    }

    private void AppendCreated(ref Utf8Appender text, ReadOnlySpan<byte> name, ReadOnlySpan<byte> labels, double? unixSeconds)
    {
        if (!_isOpenMetrics || unixSeconds is not { } created) return;

        AppendSample(ref text, name, "_created"u8, labels);
        text.Append(created);
        text.Append("\n"u8);
    }

    private static string NameOf(MetricType type) => type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge => "gauge",
        MetricType.Histogram => "histogram",
        _ => throw new UnreachableException(),
    };

    /// <summary>A scraper rejects duplicates, or drops them silently.</summary>
    [Conditional("DEBUG")]
    internal static void AssertUnique(IReadOnlyList<MetricFamily> families)
    {
        Debug.Assert(families.DistinctBy(family => family.Name).Count() == families.Count, "a family comes twice");

        foreach (var family in families)
        {
            var labelSets = family.Series.DistinctBy(series => series.Labels).Count();
            Debug.Assert(labelSets == family.Series.Count, $"{family.Name}: a series comes twice");
        }
    }
}
