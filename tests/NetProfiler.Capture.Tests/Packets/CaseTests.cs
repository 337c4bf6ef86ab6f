namespace NetProfiler.Capture.Tests.Packets;

/// <summary>Captures that were once read wrongly.</summary>
public class CaseTests
{
    private const string Again = "GET /1 200, GET /2 200, GET /3 200";

    [Theory]
    [InlineData("pipeline-lost-request", "", "gap Unseen 28, ResponseWithoutRequest 2, Unproven 2")]
    [InlineData("pipeline-lost-request-later", "GET /9 209", "gap Unseen 28, ResponseWithoutRequest 2, Unproven 2")]
    [InlineData("pipeline-joined-late", "", "ResponseWithoutRequest 1, Unproven 2")]
    [InlineData("turns-late-response", "GET /0 200, GET /1 201, GET /2 202, GET /3 203", "")]
    [InlineData("crlf", "GET /0 200, GET /1 200", "")]
    [InlineData("rst-exact", "GET /1 200", "packets left out, after their connection's reset: 4")]
    [InlineData("rst-old-duplicate-client", Again, "")]
    [InlineData("rst-out-of-window-client", Again, "")]
    [InlineData("rst-out-of-window-server", Again, "")]
    public void Is_read_as_it_was(string capture, string exchanges, string losses)
    {
        var seen = Replayed.Of(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, $"Packets/captures/{capture}.pcap")));
        Assert.Equal((exchanges, losses), (string.Join(", ", seen.Lines), string.Join(", ", seen.Losses)));
        Assert.DoesNotContain(seen.Statistics.Anomalies.All, one => one.Count > 0 && one.Kind != "LeadingEmptyLine");
    }
}
