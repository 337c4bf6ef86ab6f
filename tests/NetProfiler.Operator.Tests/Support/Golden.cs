using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;
using NetProfiler.Api;
using NetProfiler.Api.Resources;
using NetProfiler.Kubernetes.Objects;
using YamlDotNet.Serialization;

namespace NetProfiler.Operator.Tests.Support;

/// <summary>
/// The cases/ beside the tests: the objects of a cluster in in.yaml, and in out.yaml the statuses and configurations that the operator
/// makes of them. NETPROFILER_ACCEPT=1 writes out.yaml anew; read the diff.
/// </summary>
internal static class Golden
{
    private static readonly IDeserializer Reader = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();
    private static readonly ISerializer ToJson = new SerializerBuilder().JsonCompatible().Build();
    private static readonly ISerializer Writer = new SerializerBuilder().WithQuotingNecessaryStrings().Build();

    private static string Folder { get; } = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "cases");

    public static IEnumerable<string> Names() =>
        Directory.GetDirectories(Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    public static async Task<string> ActualAsync(string name)
    {
        var time = new ManualTime();
        var cluster = new FakeCluster(time);
        var yaml = Reader.Deserialize(await File.ReadAllTextAsync(Path.Combine(Folder, name, "in.yaml")));
        foreach (var item in JsonNode.Parse(ToJson.Serialize(yaml))!.AsArray()) Put(cluster, item!);

        var run = new OperatorRun(cluster, time);
        await run.SettleAsync();
        var result = new JsonObject
        {
            ["configs"] = Of<NodeProfilingConfig, NodeProfilingConfigSpec>(cluster, config => config.Spec,
                ApiJson.Default.NodeProfilingConfigSpec),
            ["statuses"] = Of<NetworkProfilingTask, NetworkProfilingTaskStatus>(cluster, task => task.Status!,
                ApiJson.Default.NetworkProfilingTaskStatus),
        };
        return Writer.Serialize(Reader.Deserialize(result.ToJsonString())!).ReplaceLineEndings("\n");
    }

    public static string Expected(string name, string actual)
    {
        var path = Path.Combine(Folder, name, "out.yaml");
        if (Environment.GetEnvironmentVariable("NETPROFILER_ACCEPT") == "1") File.WriteAllText(path, actual);
        return File.Exists(path) ? File.ReadAllText(path) : "";
    }

    /// <summary>The first line that differs, with what stands around it.</summary>
    public static string Diff(string expected, string actual)
    {
        var (left, right) = (expected.Split('\n'), actual.Split('\n'));
        int at = 0;
        while (at < left.Length && at < right.Length && left[at] == right[at]) at++;
        var diff = new StringBuilder();
        foreach (var line in left.Take(at).TakeLast(5)) diff.Append("  ").AppendLine(line);
        foreach (var line in left.Skip(at).Take(8)) diff.Append("- ").AppendLine(line);
        foreach (var line in right.Skip(at).Take(8)) diff.Append("+ ").AppendLine(line);
        return diff.ToString();
    }

    private static void Put(FakeCluster cluster, JsonNode item)
    {
        switch ((string?)item["kind"])
        {
            case "Pod": Put<PodRecord>(); break;
            case "Node": Put<V1Node>(); break;
            case "ReplicaSet": Put<V1ReplicaSet>(); break;
            case "Job": Put<V1Job>(); break;
            case NetworkProfilingTask.Kind: Put<NetworkProfilingTask>(); break;
            case NodeProfilingConfig.Kind: Put<NodeProfilingConfig>(); break;
            case var other: throw new NotSupportedException(other);
        }

        void Put<TEntity>()
            where TEntity : class, IKubernetesObject<V1ObjectMeta> => cluster.Put(item.Deserialize(TestJson.Resources.Of<TEntity>())!);
    }

    private static JsonObject Of<TEntity, TPart>(FakeCluster cluster, Func<TEntity, TPart> part, JsonTypeInfo<TPart> type)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> =>
        new(cluster.All<TEntity>().Select(one => KeyValuePair.Create(one.Metadata.Name, JsonSerializer.SerializeToNode(part(one), type))));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
