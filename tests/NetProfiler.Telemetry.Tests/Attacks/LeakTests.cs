using System.Text;
using NetProfiler.Analysis.Tests.Attacks;
using NetProfiler.Analysis.Tests.Support;
using NetProfiler.Analysis.Traces;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Telemetry.Tests.Attacks;

/// <summary>Of the planted secrets none leaves by a collector, an archive or a command.</summary>
public sealed class LeakTests
{
    private static readonly TraceReference Trace = NewTrace();

    [Fact]
    public async Task No_planted_secret_leaves_by_any_output()
    {
        using var zipkin = new ZipkinTransport(new Uri("http://127.0.0.1:9"), TimeProvider.System);
        using var skyWalking = new SkyWalkingTransport(new Uri("http://127.0.0.1:9"), null);
        Assert.True(OtlpAddress.TryParse("http://127.0.0.1:9", out var address));
        using var otlp = new OtlpTransport(address, TimeProvider.System);
        List<string> leaks = [];
        int seen = 0;
        foreach (var one in PlantedSecrets.All())
        {
            var sample = SampleBuilder.Show(SampleBuilder.Sample(one.Request,
                Encoding.UTF8.GetBytes("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")) with { Trace = Trace });
            var har = new MemoryStream();
            await using (var writer = new HarWriter(har, "1")) await writer.WriteAsync(sample, default);
            (string Output, string Text)[] outputs =
            [
                ("har", Encoding.UTF8.GetString(har.ToArray())),
                ("curl", CurlCommand.Of(sample)),
                ("zipkin", Encoding.UTF8.GetString(zipkin.Encode(sample))),
                ("skywalking", string.Concat(skyWalking.Encode(sample).Events)
                    + ListedRequest.Of(sample, new SampleParty("cart", "cart-1", IsApplications: true),
                    new SkyWalkingNames())?.ToLog(_ => "")),
                ("otlp", otlp.Encode(sample).Span.ToString()),
            ];
            seen += outputs.Count(output => output.Text.Length > 100);
            leaks.AddRange(outputs.Where(output => output.Text.Contains(one.Secret, StringComparison.OrdinalIgnoreCase))
                .Select(output => $"{output.Output}: {one.Title}"));
        }

        Assert.True(seen > 5 * 400, $"only {seen} outputs");
        if (leaks.Count > 0) Assert.Fail(string.Join('\n', leaks));
    }

    private static TraceReference NewTrace()
    {
        byte[] fields = "sw8: 1-VFJBQ0VJRA==-U0VHTUVOVElE-3-UEFSRU5UX1NFUlZJQ0U=-UEFSRU5UX0lOU1RBTkNF-UEFSRU5UX0VORFBPSU5U-SVBQT1JU\r\n"u8.ToArray();
        Assert.True(TraceContextReader.Default.TryRead(fields, out var context));
        return TraceReference.Of(context, fields);
    }
}
