using System.Text;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Samples;
using NetProfiler.Analysis.Tests.Support;

namespace NetProfiler.Analysis.Tests.Attacks;

/// <summary>Of the planted secrets none is shown in a sample, and none reaches a recording.</summary>
public class LeakTests
{
    [Fact]
    public void No_planted_secret_is_in_a_sample()
    {
        var cases = PlantedSecrets.All().ToList();
        Assert.True(cases.Count > 400, $"{cases.Count} cases");
        Shows.Nothing(cases.Where(one => IsIn(one, SampleBuilder.Show(SampleBuilder.Sample(one.Request, Response(one)))))
            .Select(one => one.Title));
    }

    [Fact]
    public void Nor_in_a_recording_however_it_is_cut()
    {
        List<string> leaks = [];
        foreach (var one in PlantedSecrets.All())
        {
            string request = Encoding.Latin1.GetString(one.Request), response = Encoding.Latin1.GetString(Response(one));
            foreach (int cut in new[] { request.Length, request.Length / 2,
                request.IndexOf("Zq9", StringComparison.OrdinalIgnoreCase), 20 })
            {
                if (cut <= 0) continue;
                List<Transfer> calls = [Call(Direction.Ingress, 0, request[..cut], false)];
                if (cut < request.Length) calls.Add(Call(Direction.Ingress, (uint)cut, request[cut..], true));
                calls.Add(Call(Direction.Egress, 0, response, false));
                var masked = Masking.Mask(calls);
                string text = Masking.TextOf(masked, Direction.Ingress) + Masking.TextOf(masked, Direction.Egress);
                Assert.Equal(request.Length + response.Length, text.Length);
                if (text.Contains(one.Secret[..10], StringComparison.OrdinalIgnoreCase)) leaks.Add($"{one.Title}, cut at {cut}");
                if (request.Contains("Content-Encoding", StringComparison.Ordinal) && text.Contains('\x1f'))
                    leaks.Add($"{one.Title}: coded content");
            }
        }

        Shows.Nothing(leaks);
    }

    private static class Shows
    {
        public static void Nothing(IEnumerable<string> leaks)
        {
            string all = string.Join('\n', leaks);
            if (all.Length > 0) Assert.Fail(all);
        }
    }

    private static bool IsIn(PlantedSecret one, ShownSample sample) =>
        $"{sample.Target}\n{sample.Host}\n{sample.Request.ToText()}\n{sample.Response.ToText()}\n{sample.Request.Body?.ContentType}".Contains(one.Secret, StringComparison.OrdinalIgnoreCase);

    // The same body comes back.
    private static byte[] Response(PlantedSecret one)
    {
        int head = one.Request.AsSpan().IndexOf("\r\n\r\n"u8);
        var lines = Encoding.UTF8.GetString(one.Request.AsSpan(0, head))
            .Split("\r\n")[1..].Where(line => !line.StartsWith("Host", StringComparison.Ordinal));
        bool hasBody = one.Request.Length > head + 4;
        return [.. Encoding.UTF8.GetBytes("HTTP/1.1 200 OK\r\n" + string.Concat(lines.Select(line => line + "\r\n"))
            + (hasBody ? "" : "Content-Length: 0\r\n") + "\r\n"), .. one.Request[(head + 4)..]];
    }

    private static Transfer Call(Direction direction, uint position, string text, bool isContinued) =>
        new(1, direction, SocketCall.Read, position, Script.Bytes(text), 1_000, 2_000) { IsContinued = isContinued };
}
