using NetProfiler.Api.Resources;
using NetProfiler.Api.TaskFiles;
using NetProfiler.Api.Yaml;

namespace NetProfiler.Api.Tests;

public sealed class TaskFileTests : IDisposable
{
    private const string Least = "{apiVersion: netprofiler.dev/v1alpha1, kind: NetworkProfilingTask, metadata: {name: a}}";

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"netprofiler-{Guid.NewGuid():n}.yaml");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_file_on_disk_is_read()
    {
        File.WriteAllText(_path, Least);
        Assert.Equal("a", TaskFile.Read(_path, TaskFileUse.Standalone).Task!.Metadata.Name);
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_text()
    {
        File.WriteAllBytes(_path, [0xEF, 0xBB, 0xBF, .. System.Text.Encoding.UTF8.GetBytes(Least)]);
        Assert.True(TaskFile.Read(_path, TaskFileUse.Standalone).IsValid);
    }

    [Fact]
    public void A_file_that_is_missing_is_told_so() => Assert.Equal([$"{_path}: no such file"], Faults(_path));

    [Fact]
    public void A_file_below_a_missing_directory_is_told_so() => Assert.Equal([$"{_path}/a.yaml: no such file"], Faults(_path + "/a.yaml"));

    [Fact]
    public void A_directory_is_told_so() => Assert.Equal([$"{Path.GetTempPath()}: is a directory"], Faults(Path.GetTempPath()));

    [Fact]
    public void A_file_above_a_mebibyte_is_not_read()
    {
        File.WriteAllText(_path, Least + new string(' ', TaskFile.MaxBytes));
        Assert.Equal([$"{_path}: is larger than 1048576 bytes"], Faults(_path));
    }

    [Fact]
    public void A_text_above_a_mebibyte_is_not_read()
    {
        using var text = new StringReader(Least + new string(' ', TaskFile.MaxBytes));
        Assert.Equal(["-: is larger than 1048576 bytes"], TaskFile.Parse(text, "-", TaskFileUse.Standalone).FaultLines);
    }

    [Fact]
    public void A_file_that_is_not_UTF8_is_told_so()
    {
        File.WriteAllBytes(_path, [0xFF, 0xFE, 0xFF, 0x00, 0xD8]);
        Assert.NotEmpty(Faults(_path));
        File.WriteAllBytes(_path, [(byte)'a', 0x80]);
        Assert.Equal([$"{_path}: is not UTF-8 text"], Faults(_path));
    }

    [Fact]
    public void What_is_absent_has_its_default()
    {
        var spec = Parse(Least).Task!.Spec;

        Assert.Equal((600, 2000), (spec.ActiveDeadlineSeconds, spec.Metrics.MaxSeries));
        Assert.Equal((10, 20), (spec.Sampling.TopN, spec.Sampling.MaxSamplesPerSecond));
        Assert.Equal((TaskDirection.Both, QueryParameterRedaction.Names), (spec.Direction, spec.Redaction.QueryParameters));
        Assert.Null(spec.TtlSecondsAfterFinished);
    }

    [Fact]
    public void A_fault_says_its_place_in_the_file_and_in_the_task()
    {
        var fault = Assert.Single(Parse($"{Least[..^1]}, spec: {{sampling: {{topN: 0}}}}}}").Faults);

        Assert.Equal(new FieldFault("spec.sampling.topN", "must be from 1 to 50, is 0", 1, 113), fault);
    }

    [Fact]
    public void A_task_from_elsewhere_is_held_to_the_same_rules()
    {
        var task = new NetworkProfilingTask { Metadata = new() { Name = "Cart" }, Spec = new() { ActiveDeadlineSeconds = 1 } };

        var paths = TaskValidation.Check(task, TaskFileUse.Cluster).Select(fault => fault.Path);
        Assert.Equal(["metadata.name", "spec.activeDeadlineSeconds", "spec.targets"], paths.Order());
    }

    /// <summary>Text that is nearly a task: pieces cut, doubled and exchanged.</summary>
    [Fact]
    public void No_text_makes_reading_throw()
    {
        var random = new Random(1);
        var whole = File.ReadAllText(Path.Combine(Support.Cases.Folder, "cluster-everything", "in.yaml"));
        string[] pieces =
        [
            "", "\0", "\t", "\n", "  ", "- ", ": ", "? ", "*a", "&a ", "!!binary ", "!<", "{", "}", "[", "]", "\"", "'", "|", ">-9", "%TAG",
            "---\n", "...\n", "<<: ", "\\", "\uD800", "\u2028", "99999999999999999999", "#", "null", "@", "`",
        ];

        for (var round = 0; round < 5000; round++)
        {
            var text = whole;
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                var (at, length) = (random.Next(text.Length), random.Next(4));
                text = text[..at] + pieces[random.Next(pieces.Length)] + text[Math.Min(text.Length, at + length)..];
            }

            var reading = Parse(text);
            Assert.NotEqual(reading.IsValid, reading.Faults.Count > 0);
        }
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    public void Deep_nesting_is_refused_quickly(string piece)
    {
        var fault = Assert.Single(Parse(string.Concat(Enumerable.Repeat(piece, 100_000))).Faults);
        Assert.Contains("nested deeper than 32", fault.Message);
    }

    [Fact]
    public void A_bomb_of_aliases_is_refused_before_it_is_written_out()
    {
        var bomb = "a0: &a0 [x, x]\n" + string.Concat(Enumerable.Range(1, 60).Select(i => $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n"));
        Assert.Contains("holds more than 20000 values", Assert.Single(Parse(bomb).Faults).Message);
    }

    private static TaskFileReading Parse(string text)
    {
        using var reader = new StringReader(text);
        return TaskFile.Parse(reader, "a.yaml", TaskFileUse.Standalone);
    }

    private static IEnumerable<string> Faults(string path) => TaskFile.Read(path, TaskFileUse.Standalone).FaultLines;
}
