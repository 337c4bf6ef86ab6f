using System.Diagnostics;
using NetProfiler.Analysis.Samples;
using NetProfiler.Telemetry.Export;

namespace NetProfiler.Telemetry.Tests.Export;

public class CurlCommandTests
{
    [Fact]
    public async Task Whatever_the_peer_sent_is_one_argument_to_a_shell()
    {
        string[] pieces = ["'", "\"", "\\", "$(touch x)", "`id`", "!", "\n", "\r", "\t", "\u001b[31m", "\u0085", ";", "&", "|", "é", "世", "-", " ", "*", "$'", "\\n", "%", "#", "{a,b}"];
        var random = new Random(9);
        for (int i = 0; i < 40; i++)
        {
            string Hostile() => "x" + string.Concat(random.GetItems(pieces, 6));
            var (target, value, body) = ("/" + Hostile(), Hostile(), Hostile());
            var sample = Samples.Shown("");
            var request = sample.Request with { Fields = [new ShownField("X-Hostile", value), new ShownField("X-Empty", "")], Body = sample.Request.Body! with { Text = body } };
            sample = sample with { Target = target, Request = request };

            string command = CurlCommand.Of(sample);
            Assert.DoesNotContain(command, one => char.IsControl(one) && one != '\n');
            string[] arguments = await ArgumentsAsync(command);
            string[] expected = ["--globoff", "--path-as-is", "-X", "POST", $"http://shop:8080{target}", "-H", $"X-Hostile: {value}", "-H", "X-Empty;", "--data-raw", body];
            Assert.Equal(expected, arguments);
        }
    }

    [Fact]
    public void A_head_request_waits_for_no_body_and_an_absolute_target_is_the_url()
    {
        string command = CurlCommand.Of(Samples.Shown("") with { Method = "HEAD", Target = "http://other/a", MinorVersion = 0 });
        Assert.StartsWith("curl --globoff --path-as-is --head --http1.0 'http://other/a' -H ", command, StringComparison.Ordinal);
    }

    private static async Task<string[]> ArgumentsAsync(string command)
    {
        var start = new ProcessStartInfo("bash", ["--norc", "-c", "curl() { printf '%s\\0' \"$@\"; }; " + command]) { RedirectStandardOutput = true };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var shell = Process.Start(start)!;
        string output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.Equal(0, shell.ExitCode);
        return output.Split('\0')[..^1];
    }
}
