using System.Reflection;
using System.Runtime.CompilerServices;
using NetProfiler.Analysis.Events;
using NetProfiler.Capture.Abi;
using NetProfiler.Capture.Tls;
using NetProfiler.Capture.Tests.Support;

namespace NetProfiler.Capture.Tests;

/// <summary>bpf/capture.h and its mirror Abi/Records.cs say the same.</summary>
public class AbiTests
{
    private static readonly Lazy<TypeInformation> Headers = new(() => TypeInformation.OfHeaders(
        typeof(AbiTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "BpfDirectory").Value!));

    [SkippableTheory]
    [InlineData("capture_config", typeof(CaptureConfig))]
    [InlineData("record_header", typeof(RecordHeader))]
    [InlineData("open_record", typeof(OpenRecord))]
    [InlineData("data_record", typeof(DataRecord))]
    [InlineData("owner_record", typeof(OwnerRecord))]
    [InlineData("close_record", typeof(CloseRecord))]
    [InlineData("drop_record", typeof(DropRecord))]
    [InlineData("stream_record", typeof(StreamRecord))]
    [InlineData("stream_end_record", typeof(StreamEndRecord), false)]
    [InlineData("process_record", typeof(RecordHeader), false)]
    [InlineData("tls_key", typeof(TlsKey))]
    [InlineData("tls_layout", typeof(TlsLayout))]
    [InlineData("end_record", typeof(RecordHeader), false)]
    [InlineData("exit_record", typeof(RecordHeader), false)]
    [InlineData("connection", typeof(KernelConnection), false)]
    [InlineData("cpu", typeof(KernelCpu), false)]
    public void Structures_have_one_layout(string name, Type mirror, bool isWhole = true)
    {
        var kernel = HeadersOrSkip().Structs[name];
        Assert.Equal(kernel.Size, SizeOf(mirror));
        if (isWhole) Assert.Equal(kernel.Offsets, OffsetsOf(mirror));
    }

    [SkippableFact]
    public void What_is_looked_at_of_the_kernel_sides_own_structures_comes_first()
    {
        Assert.Equal(0, HeadersOrSkip().Structs["connection"].Offsets["id"]);
        Assert.Equal(0, OffsetsOf(typeof(KernelConnection))["id"]);
        Assert.Equal(0, Headers.Value.Structs["cpu"].Offsets["events"]);
        Assert.Equal(0, OffsetsOf(typeof(KernelCpu))["events"]);
    }

    [SkippableFact]
    public void A_verdict_has_two_positions()
    {
        var kernel = HeadersOrSkip().Structs["verdict"];
        var mirror = OffsetsOf(typeof(Verdict));
        Assert.Equal(kernel.Size, SizeOf(typeof(Verdict)));
        Assert.Equal(kernel.Offsets["skip_until"] + 4 * (int)Direction.Ingress, mirror["skip_until_ingress"]);
        Assert.Equal(kernel.Offsets["skip_until"] + 4 * (int)Direction.Egress, mirror["skip_until_egress"]);
        Assert.Equal(kernel.Offsets.Where(member => member.Key != "skip_until"),
            mirror.Where(member => !member.Key.StartsWith("skip_until", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public void A_tally_has_two_directions()
    {
        var kernel = HeadersOrSkip().Structs["tally"];
        var mirror = OffsetsOf(typeof(TallyRecord));
        Assert.Equal(kernel.Size, SizeOf(typeof(TallyRecord)));
        foreach (var (name, offset) in kernel.Offsets)
        {
            int size = name == "calls" ? 4 : 8;
            if (mirror.TryGetValue(name, out int here)) Assert.Equal(offset, here);
            else Assert.Equal((offset + size * (int)Direction.Ingress, offset + size * (int)Direction.Egress),
                (mirror[$"{name}_ingress"], mirror[$"{name}_egress"]));
        }

        Assert.Equal(Headers.Value.Structs["connection"].Offsets["tally"], OffsetsOf(typeof(KernelConnection))["tally"]);
        Assert.Equal(Headers.Value.Structs["connection"].Offsets["family"], OffsetsOf(typeof(KernelConnection))["family"]);
    }

    [SkippableTheory]
    [InlineData("record_type", "RECORD", typeof(RecordType))]
    [InlineData("direction", "", typeof(Direction))]
    [InlineData("syscall_kind", "CALL", typeof(SocketCall))]
    [InlineData("endpoint_role", "ROLE", typeof(EndpointRole))]
    [InlineData("open_flags", "OPEN", typeof(OpenFlags))]
    [InlineData("end_flags", "END", typeof(EndFlags))]
    [InlineData("data_flags", "DATA", typeof(Uncaptured))]
    [InlineData("part_flags", "PART", typeof(PartFlags))]
    [InlineData("counter", "COUNT", typeof(Counter))]
    [InlineData("close_kind", "CLOSE", typeof(ConnectionEnd))]
    [InlineData("stream_flags", "STREAM", typeof(StreamFlags))]
    [InlineData("stream_end_flags", "STREAM", typeof(StreamEndFlags))]
    [InlineData("process_flags", "PROCESS", typeof(ProcessFlags))]
    [InlineData("tls_function", "TLS", typeof(ProbedFunction))]
    [InlineData("target_flags", "TARGET", typeof(TargetFlags))]
    [InlineData("tls_scope", "SCOPE", typeof(TlsScope))]
    public void Codes_have_one_meaning(string name, string prefix, Type mirror)
    {
        var kernel = HeadersOrSkip().Enums[name].Where(code => code.Key != "COUNTERS")
            .ToDictionary(code => Plain(code.Key[prefix.Length..]), code => code.Value);
        bool hasNone = kernel.ContainsKey("NONE");
        var ours = Enum.GetNames(mirror).Where(code => hasNone || code != "None")
            .ToDictionary(Plain, code => Convert.ToInt64(Enum.Parse(mirror, code)));
        Assert.Equal(kernel.OrderBy(code => code.Key), ours.OrderBy(code => code.Key));
    }

    [SkippableFact]
    public void Limits_are_the_same()
    {
        var limits = HeadersOrSkip().Enums["limits"];
        var ours = new Dictionary<string, long>
        {
            ["LIMIT_COMM_LENGTH"] = Limits.CommLength,
            ["LIMIT_UNIX_PATH_LENGTH"] = Limits.UnixPathLength,
            ["LIMIT_MAX_CAPTURE_BYTES"] = Limits.MaxCaptureBytes,
            ["LIMIT_VERDICT_SLOTS"] = Limits.VerdictSlots,
            ["LIMIT_CALL_SLOTS"] = Limits.CallSlots,
            ["LIMIT_INTERRUPTERS"] = Limits.Interrupters,
            ["LIMIT_MAX_PROCESS_IDS"] = Limits.MaxProcessIds,
            ["LIMIT_MAX_CGROUPS"] = CaptureTargets.MaxCgroups,
            ["LIMIT_MAX_COMMS"] = CaptureTargets.MaxNames,
            ["LIMIT_MAX_PORTS"] = CaptureTargets.MaxPorts,
        };
        Assert.Equal(limits.OrderBy(limit => limit.Key), ours.OrderBy(limit => limit.Key));
        Assert.Equal(Limits.CommLength, CaptureTargets.MaxNameBytes + 1);
    }

    [SkippableTheory]
    [InlineData("capture.bpf.o")]
    [InlineData("capture.typed.bpf.o")]
    public void The_object_carried_along_is_made_of_these_headers(string name)
    {
        var headers = HeadersOrSkip().Structs;
        var carried = TypeInformation.OfEmbedded(name).Structs;
        foreach (string shared in new[] { "capture_config", "record_header", "data_record", "verdict", "connection", "cpu" })
        {
            Assert.Equal(headers[shared].Size, carried[shared].Size);
            Assert.Equal(headers[shared].Offsets, carried[shared].Offsets);
        }
    }

    private static TypeInformation HeadersOrSkip()
    {
        Skip.IfNot(Tool.IsThere("clang") && Tool.IsThere("bpftool"), "needs clang and bpftool");
        return Headers.Value;
    }

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    // Fills one field with ones and looks where they are.
    private static Dictionary<string, int> OffsetsOf(Type type) => type.GetFields().ToDictionary(field => field.Name, field =>
    {
        object filled = RuntimeHelpers.GetUninitializedObject(field.FieldType), whole = RuntimeHelpers.GetUninitializedObject(type);
        BytesOf(filled).Fill(0xFF);
        field.SetValue(whole, filled);
        return BytesOf(whole).IndexOf((byte)0xFF);
    });

    private static Span<byte> BytesOf(object boxed) =>
        System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref Unsafe.As<Box>(boxed).First, SizeOf(boxed.GetType()));

    private sealed class Box
    {
        public byte First;
    }
}
