using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Sampling;
using NetProfiler.Web.Requests;
using NetProfiler.Web.Tests.Support;

namespace NetProfiler.Web.Tests;

/// <summary>The filter's language, by filters.json, which the page's own implementation is held to as well.</summary>
public sealed class FilterTests
{
    private static readonly JsonElement Cases = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden.Folder, "filters.json")))
        .RootElement;

    [Fact]
    public void Every_case_selects_its_rows()
    {
        var rows = Cases.GetProperty("rows").EnumerateArray().Select(Row).ToArray();
        foreach (var one in Cases.GetProperty("cases").EnumerateArray())
        {
            string text = one[0].GetString()!;
            Assert.True(RequestFilter.TryParse(text, out var filter, out string? error), $"{text}: {error}");
            Assert.Equal((text, string.Join(' ', one[1].EnumerateArray())),
                (text, string.Join(' ', Enumerable.Range(0, rows.Length).Where(i => filter.Matches(rows[i])))));
        }
    }

    [Fact]
    public void Every_fault_is_named()
    {
        foreach (var one in Cases.GetProperty("faults").EnumerateArray())
        {
            Assert.False(RequestFilter.TryParse(one[0].GetString()!, out _, out string? error));
            Assert.StartsWith(one[1].GetString()!, error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Filters_have_bounds()
    {
        Assert.False(RequestFilter.TryParse(new string('a', RequestFilter.MaxLength + 1), out _, out _));
        Assert.False(RequestFilter.TryParse(string.Join(' ', Enumerable.Repeat("a", RequestFilter.MaxTerms + 1)), out _, out _));
    }

    private static RequestRow Row(JsonElement one)
    {
        string Text(string name) => one.GetProperty(name).GetString()!;
        long Number(string name) => one.GetProperty(name).GetInt64();
        return new RequestRow
        {
            Role = Text("end") == "server" ? EndpointRole.Server : EndpointRole.Client,
            Method = Text("method"),
            Target = Text("path"),
            Status = (int)long.Max(0, Number("status")),
            Outcome = one.TryGetProperty("outcome", out var outcome) ? (ExchangeOutcome)outcome.GetInt32() : ExchangeOutcome.Complete,
            EndedBy = one.TryGetProperty("reason", out var reason)
                ? Enum.GetValues<EndedBy>().Single(known => ShownSample.NameOf(known) == reason.GetString()) : EndedBy.None,
            Headers = one.TryGetProperty("headers", out var headers) ? headers.GetString() : null,
            DurationNanoseconds = Number("duration") * 1000,
            Process = Text("process"),
            Peer = Text("peer"),
            Host = Text("host"),
            Rule = Text("rule"),
            ResponseBytes = Number("size") is >= 0 and var size ? size : null,
            RoundTripMicroseconds = (uint)long.Max(0, Number("rtt")),
            Retransmissions = (uint)Number("retrans"),
            SampledAs = Text("sampled") switch { "server-error" => SampledAs.ServerError, "client-error" => SampledAs.ClientError,
                "incomplete" => SampledAs.Incomplete, "unanswered" => SampledAs.Unanswered, _ => SampledAs.None },
        };
    }
}
