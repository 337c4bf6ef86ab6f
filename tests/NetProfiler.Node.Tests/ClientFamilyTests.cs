using NetProfiler.Node.Tests.Support;

namespace NetProfiler.Node.Tests;

/// <summary>Clients of other families: the truth is nginx's access log.</summary>
[Collection(LiveCollection.Name)]
public sealed class ClientFamilyTests
{
    private const int Requests = 400;

    [SkippableTheory]
    [InlineData("node", "client.js")]
    [InlineData("python3", "client.py")]
    [InlineData("java", "Client.java")]
    [InlineData("HttpClient", null)]
    public async Task What_a_client_asked_is_seen_exactly(string family, string? script)
    {
        Live.Require(script is null ? ["nginx"] : ["nginx", family]);
        await using var nginx = await Nginx.StartAsync();
        // dotnet and java look for themselves beside their own file: they keep their names.
        using var named = script is null or "Client.java" ? null : new NamedProgram(family);
        string program = script is null ? Programs.TestAssembly : named?.Path ?? Live.PathOf(family);
        string name = Path.GetFileName(program)[..int.Min(15, Path.GetFileName(program).Length)];
        await using var agent = await Agent.StartAsync("--comm", name);

        string[] arguments = script is null ? ["client"] : [Programs.File(script)];
        await ChildProcess.RunAsync(program, [.. arguments, $"{nginx.Port}", $"{Requests}"]);
        var log = await nginx.QuitAsync();
        var run = await agent.StopAsync();

        Assert.Equal(Requests, log.Count);
        Facts.AssertSame(log.Select(line => line.Fact), run.Exchanges.Select(seen => seen.Fact), "access log", run.Summary);
        Assert.All(run.Exchanges, seen => Assert.Equal(("client", $"127.0.0.1:{nginx.Port}"), (seen.Role, seen.Remote)));
        run.AssertNothingLost();
    }
}
