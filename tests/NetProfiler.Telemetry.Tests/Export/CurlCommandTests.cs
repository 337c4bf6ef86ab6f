using System.Diagnostics;
using NetProfiler.Analysis.Samples;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Telemetry.Tests.Export;

public class CurlCommandTests
{
    [Fact]
    public async Task Whatever_the_peer_sent_is_one_argument_to_a_shell()
    {
        string[] pieces = ["'", "\"", "\\", "$(touch x)", "`id`", "!", "\n", "\r", "\t", "\u001b[31m", "\u0085", ";", "&", "|", "é", "世",
            "-", " ", "*", "$'", "\\n", "%", "#", "{a,b}"];
        var random = new Random(9);
        for (int i = 0; i < 40; i++)
        {
            string Hostile() => "x" + string.Concat(random.GetItems(pieces, 6));
            var (target, value, body) = ("/" + Hostile(), Hostile(), Hostile());
            var sample = Samples.Shown("");
            var request = sample.Request with { Fields = [new ShownField("X-Hostile", value), new ShownField("X-Empty", "")],
                Body = sample.Request.Body! with { Text = body } };
            sample = sample with { Target = target, Request = request };

            string command = CurlCommand.Of(sample);
            Assert.DoesNotContain(command, one => char.IsControl(one) && one != '\n');
            string[] arguments = await ArgumentsAsync(command);
            string[] expected = ["--globoff", "--path-as-is", "--proto", "=http,https", "-X", "POST", "--url", $"http://shop:8080{target}",
                "-H", $"X-Hostile: {value}", "-H", "X-Empty;", "--data-raw", body];
            Assert.Equal(expected, arguments);
        }
    }

    [Fact]
    public void A_head_request_waits_for_no_body_and_an_absolute_target_is_the_url()
    {
        string command = CurlCommand.Of(Samples.Shown("") with { Method = "HEAD", Target = "http://other/a", MinorVersion = 0 });
        Assert.StartsWith("curl --globoff --path-as-is --proto '=http,https' --head --http1.0 --url 'http://other/a' -H ", command,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("file:///etc/passwd", "shop", "http://shop/")]
    [InlineData("gopher://shop:70/_x", "shop", "http://shop/")]
    [InlineData("-o/etc/cron.d/x", "shop", "http://shop/")]
    [InlineData("/a", "user@evil/x?", "http://10.0.0.1:8080/a")]
    [InlineData("/a", "-K/etc/passwd", "http://10.0.0.1:8080/a")]
    [InlineData("/@/etc/passwd", "shop", "http://shop/@/etc/passwd")]
    public async Task A_captured_target_makes_curl_speak_http_to_a_host_and_nothing_else(string target, string host, string url)
    {
        var sample = Samples.Shown("") with { Target = target, Host = host };
        sample = sample with { Request = sample.Request
            with { Fields = [new ShownField("@/etc/passwd", "x"), new ShownField("X", "@/etc/passwd")] } };
        string[] arguments = await ArgumentsAsync(CurlCommand.Of(sample));
        Assert.Equal(["--proto", "=http,https"], arguments[2..4]);
        Assert.Equal(["--url", url], arguments[6..8]);
        Assert.Equal(["-H", "X: @/etc/passwd", "--data-raw"], arguments[8..11]);
    }

    private static async Task<string[]> ArgumentsAsync(string command)
    {
        var start = new ProcessStartInfo("bash",
            ["--norc", "-c", "curl() { printf '%s\\0' \"$@\"; }; " + command]) { RedirectStandardOutput = true };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var shell = Process.Start(start)!;
        string output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.Equal(0, shell.ExitCode);
        return output.Split('\0')[..^1];
    }
}
