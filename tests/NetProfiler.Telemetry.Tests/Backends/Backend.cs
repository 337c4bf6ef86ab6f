using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Telemetry.Tests.Backends;

/// <summary>
/// A real tracing backend on loopback, from the folder of prepared packages that NETPROFILER_BACKENDS names (tests/README.md). Tests skip
/// where there is none, or no Java.
/// </summary>
internal sealed class Backend : IDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(4);

    private readonly string _name;
    private readonly Dictionary<string, string> _environment;
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("backend");

    private Backend(string name, params ReadOnlySpan<string> portVariables)
    {
        _name = name;
        _environment = new() { ["BACKENDS_STATE"] = _state.FullName };
        foreach (string variable in portVariables) _environment[variable] = $"{FreePort.Take()}";
    }

    public static HttpClient Http { get; } = new() { Timeout = TimeSpan.FromMinutes(1) };

    public int Port(string variable) => int.Parse(_environment[variable], System.Globalization.CultureInfo.InvariantCulture);

    public static Backend StartZipkin() => Start(new Backend("zipkin", "ZIPKIN_PORT"));

    public static Backend StartOap() =>
        Start(new Backend("oap", "OAP_GRPC_PORT", "OAP_REST_PORT", "OAP_ZIPKIN_PORT", "OAP_ZIPKIN_QUERY_PORT"));

    public void Dispose()
    {
        Run("stop");
        _state.Delete(recursive: true);
    }

    /// <summary>Asks again until the answer is as wanted: a backend stores after it has answered.</summary>
    public static async Task<JsonElement> UntilAsync(Func<Task<JsonElement>> ask, Func<JsonElement, bool> isWanted)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (isWanted(answer)) return answer;
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(2), $"still not there: {answer}");
            await Task.Delay(300);
        }
    }

    public static async Task<JsonElement> GetAsync(string url)
    {
        using var response = await Http.GetAsync(new Uri(url));
        string text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement : JsonDocument.Parse("[]").RootElement;
    }

    public static async Task PostAsync(string url, object body)
    {
        using var content = new StringContent(JsonSerializer.Serialize(body), System.Text.Encoding.UTF8, "application/json");
        using var response = await Http.PostAsync(new Uri(url), content);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }

    private static Backend Start(Backend backend)
    {
        Skip.IfNot(File.Exists(Program), "no real backend: set NETPROFILER_BACKENDS to the folder with its packages");
        Skip.IfNot(File.Exists("/usr/bin/java") || Environment.GetEnvironmentVariable("JAVA") is not null, "no Java");
        try
        {
            Assert.True(backend.Run("start"), $"{backend._name} did not start");
            return backend;
        }
        catch
        {
            backend.Dispose();
            throw;
        }
    }

    private static string Program => Path.Combine(
        Environment.GetEnvironmentVariable("NETPROFILER_BACKENDS") ?? Path.Combine(Repository(), "..", "shared", "backends"), "backend");

    private static string Repository([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));

    private bool Run(string verb)
    {
        if (!File.Exists(Program)) return false;
        var start = new ProcessStartInfo(Program, [verb, _name]) { RedirectStandardError = false, RedirectStandardOutput = false };
        foreach (var (variable, value) in _environment) start.Environment[variable] = value;
        using var process = Process.Start(start)!;
        if (process.WaitForExit(StartPatience)) return process.ExitCode == 0;
        process.Kill();
        return false;
    }
}
