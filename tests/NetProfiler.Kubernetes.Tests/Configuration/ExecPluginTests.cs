using System.Text.Json;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Kubernetes.Configuration;
using NetProfiler.Kubernetes.Tests.Support;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Kubernetes.Tests.Configuration;

public sealed class ExecPluginTests : IDisposable
{
    private const string V1 = "client.authentication.k8s.io/v1";

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_plugin_gets_its_arguments_as_they_are_and_its_question_in_the_environment()
    {
        var plugin = Plugin($$"""printf '%s|' "$@" > "{{_folder.Path}}/arguments"; printf '%s' "$KUBERNETES_EXEC_INFO" > "{{_folder.Path}}/question"; printf '%s' "$EXTRA" > "{{_folder.Path}}/extra"; {{Token("t")}}""") with
        {
            Environment = [("EXTRA", "x y")],
            Cluster = new() { Server = "https://a" },
        };
        plugin = plugin with { Arguments = [.. plugin.Arguments, "with space", "$HOME"] };

        Assert.Equal("t", (await plugin.RunAsync(Eventually.Patience, TimeProvider.System, default)).Token);

        Assert.Equal("with space|$HOME|", Read("arguments"));
        Assert.Equal("x y", Read("extra"));
        var question = JsonSerializer.Deserialize(Read("question"), ProtocolJson.Default.ExecCredential)!;
        Assert.Equal((V1, "ExecCredential", "https://a"), (question.ApiVersion, question.Kind, question.Spec!.Cluster!.Server));
    }

    [Fact]
    public async Task However_many_wait_it_is_started_once_and_again_when_its_answer_expires_or_is_refused()
    {
        var source = new ExecCredentialSource(
            Plugin($"""echo x >> "{_folder.Path}/starts"; sleep 0.2; {Token("t", "2026-01-02T03:14:05Z")}"""), null, _time);

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => source.GetAsync(default).AsTask())).Within();
        Assert.All(all, credential => Assert.Same(all[0], credential));
        Assert.Equal(1, Starts());

        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.Same(all[0], await source.GetAsync(default));
        _time.Advance(TimeSpan.FromSeconds(51)); // ten seconds before the end are its end
        var second = await source.GetAsync(default);
        Assert.NotSame(all[0], second);
        Assert.Equal(2, Starts());
        source.Invalidate(all[0]); // an old one was refused: the new one is another
        Assert.Equal(2, Starts());
    }

    [Fact]
    public async Task A_refused_answer_is_asked_for_again()
    {
        var source = new ExecCredentialSource(Plugin($"""echo x >> "{_folder.Path}/starts"; {Token("t")}"""), null, _time);
        source.Invalidate(await source.GetAsync(default));
        await source.GetAsync(default);
        await source.GetAsync(default);
        Assert.Equal(2, Starts());
    }

    [Fact]
    public async Task A_plugin_that_hangs_is_ended_with_all_that_it_started()
    {
        var plugin = Plugin($"""sleep 1000 & echo $! > "{_folder.Path}/child"; wait""");
        var run = plugin.RunAsync(TimeSpan.FromSeconds(60), _time, default);
        await Eventually.True(() => File.Exists(Path.Combine(_folder.Path, "child")) && Read("child").EndsWith('\n'));
        _time.Advance(TimeSpan.FromSeconds(61));

        var error = await Assert.ThrowsAsync<KubernetesConfigurationException>(() => run.Within());
        Assert.Contains("did not answer within 60 s", error.Message);
        var child = int.Parse(Read("child"));
        await Eventually.True(() => IsGone(child), "the plugin's child lives on");
    }

    [Theory]
    [InlineData("exit 3", "exited with 3")]
    [InlineData("echo hello", "is no ExecCredential")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"t"}}'""", "instead of")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}'""", "neither a token nor a certificate")]
    public async Task An_answer_that_is_none_is_told_without_its_text(string script, string reason)
    {
        var error = await Assert.ThrowsAsync<KubernetesConfigurationException>(
            () => Plugin(script).RunAsync(Eventually.Patience, TimeProvider.System, default));
        Assert.Contains(reason, error.Message);
        Assert.DoesNotContain("hello", error.Message);
    }

    [Fact]
    public async Task A_plugin_that_is_not_installed_says_how_to_get_it()
    {
        var plugin = new ExecPlugin { Command = "no-such-plugin", ApiVersion = V1, InstallHint = "install it from example.org" };
        var error = await Assert.ThrowsAsync<KubernetesConfigurationException>(() => plugin.RunAsync(Eventually.Patience, TimeProvider.System, default));
        Assert.Contains("install it from example.org", error.Message);
    }

    [Fact]
    public void A_secret_is_not_printed() => Assert.DoesNotContain("secret", new ExecCredentialStatus { Token = "secret" }.ToString());

    public void Dispose() => _folder.Dispose();

    private static string Token(string token, string? expires = null)
    {
        var end = expires is null ? "" : $"\"expirationTimestamp\":\"{expires}\",";
        return "echo '{\"apiVersion\":\"" + V1 + "\",\"kind\":\"ExecCredential\",\"status\":{" + end + "\"token\":\"" + token + "\"}}'";
    }

    private static ExecPlugin Plugin(string script) => new() { Command = "/bin/sh", Arguments = ["-c", script, "plugin"], ApiVersion = V1 };

    /// <summary>Ended, if perhaps not yet collected by its parent.</summary>
    private static bool IsGone(int process)
    {
        var status = $"/proc/{process}/stat";
        try
        {
            return File.ReadAllText(status).Split(' ')[2] == "Z";
        }
        catch (IOException)
        {
            return true;
        }
    }

    private string Read(string name) => File.ReadAllText(Path.Combine(_folder.Path, name));

    private int Starts() => File.ReadAllLines(Path.Combine(_folder.Path, "starts")).Length;
}
