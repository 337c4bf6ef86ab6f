using System.Globalization;

namespace NetProfiler.Api.Yaml;

/// <summary>
/// Reads the fields of one object, by name and type. Null if the field is absent, null in the file, or faulty. A field that was never read
/// is unknown, and therefore a fault.
/// </summary>
public sealed class FieldReader
{
    private readonly YamlMap _map;
    private readonly string _path;
    private readonly FaultCollector _faults;
    private readonly HashSet<string> _known = [];

    private FieldReader(YamlMap map, string path, FaultCollector faults) => (_map, _path, _faults) = (map, path, faults);

    public static T Read<T>(YamlMap map, string path, FaultCollector faults, Func<FieldReader, T> read)
    {
        var fields = new FieldReader(map, path, faults);
        var result = read(fields);
        fields.ReportUnknown();
        return result;
    }

    public string? String(string name) => Take(name) is { } value ? StringOf(value, PathOf(name)) : null;

    public int? Integer(string name)
    {
        if (Take(name) is not { } value) return null;
        var isInteger = value is YamlScalar { IsInteger: true };
        if (isInteger && int.TryParse(((YamlScalar)value).Text, CultureInfo.InvariantCulture, out var number)) return number;

        Expected(isInteger ? "a 32-bit integer" : "an integer", value, PathOf(name));
        return null;
    }

    public bool? Boolean(string name)
    {
        if (Take(name) is not { } value) return null;
        if (value is YamlScalar { Boolean: { } boolean }) return boolean;

        Expected("true or false", value, PathOf(name));
        return null;
    }

    public TEnum? Choice<TEnum>(string name) where TEnum : struct, Enum =>
        Take(name) is { } value ? ChoiceOf<TEnum>(value, PathOf(name)) : null;

    public IReadOnlyList<TEnum>? Choices<TEnum>(string name) where TEnum : struct, Enum =>
        List(name, (value, path) => ChoiceOf<TEnum>(value, path) as object)?.ConvertAll(choice => (TEnum)choice);

    public T? Object<T>(string name, Func<FieldReader, T> read) where T : class =>
        Take(name) is { } value ? ObjectOf(value, PathOf(name), read) : null;

    public IReadOnlyList<T>? Objects<T>(string name, Func<FieldReader, T> read) where T : class =>
        List(name, (value, path) => ObjectOf(value, path, read));

    /// <summary>Objects with arbitrary names.</summary>
    public IReadOnlyDictionary<string, T>? ObjectMap<T>(string name, Func<FieldReader, T> read) where T : class =>
        Map(name, (value, path) => ObjectOf(value, path, read));

    public IReadOnlyList<string>? Strings(string name) => List(name, StringOf);

    public IReadOnlyDictionary<string, string>? StringMap(string name) => Map(name, (value, path) => StringOf(value, path) ?? "");

    /// <summary>Accepts fields that are owned by others but occur in files, such as those of <c>kubectl get -o yaml</c>.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (var name in names) _known.Add(name);
    }

    private Dictionary<string, T>? Map<T>(string name, Func<YamlNode, string, T?> read) where T : class
    {
        if (Take(name) is not { } value) return null;
        var path = PathOf(name);
        if (value is not YamlMap map)
        {
            Expected("an object", value, path);
            return null;
        }

        var values = new Dictionary<string, T>();
        foreach (var field in map.Fields)
            if (read(field.Value, FieldPath.Field(path, field.Name)) is { } one) values.Add(field.Name, one);
        return values;
    }

    private YamlNode? Take(string name)
    {
        _known.Add(name);
        var value = _map.Fields.FirstOrDefault(field => field.Name == name).Value;
        if (value is null or { IsNull: true }) return null;

        _faults.Place(PathOf(name), value.Mark);
        return value;
    }

    private List<T>? List<T>(string name, Func<YamlNode, string, T?> itemOf) where T : class
    {
        if (Take(name) is not { } value) return null;
        if (value is not YamlList list)
        {
            Expected("a list", value, PathOf(name));
            return null;
        }

        // All items or none: if one were omitted, the next ones would have wrong indexes.
        var items = list.Items.Select((item, index) => itemOf(item, FieldPath.Item(PathOf(name), index))).ToList();
        return items.Contains(null) ? null : items.ConvertAll(item => item!);
    }

    private T? ObjectOf<T>(YamlNode value, string path, Func<FieldReader, T> read) where T : class
    {
        _faults.Place(path, value.Mark);
        if (value is YamlMap map) return Read(map, path, _faults, read);

        Expected("an object", value, path);
        return null;
    }

    private TEnum? ChoiceOf<TEnum>(YamlNode value, string path) where TEnum : struct, Enum
    {
        _faults.Place(path, value.Mark);
        var names = Enum.GetNames<TEnum>();
        if (value is YamlScalar scalar && names.Contains(scalar.Text)) return Enum.Parse<TEnum>(scalar.Text);

        Expected($"{string.Join(", ", names[..^1])} or {names[^1]}", value, path);
        return null;
    }

    private string? StringOf(YamlNode value, string path)
    {
        _faults.Place(path, value.Mark);
        if (value is YamlScalar { IsNull: false, Boolean: null, IsNumber: false } scalar) return scalar.Text;

        Expected("a string", value, path, value is YamlScalar { IsNull: false } ? "; put it in quotes" : "");
        return null;
    }

    private void Expected(string what, YamlNode got, string path, string advice = "") =>
        _faults.Add(path, got.Mark, $"expected {what}, got {got.Describe()}{advice}");

    private void ReportUnknown()
    {
        foreach (var field in _map.Fields.Where(field => !_known.Contains(field.Name)))
        {
            var meant = Spelling.Closest(field.Name, _known) is { } close ? $"; did you mean \"{close}\"?" : "";
            _faults.Add(PathOf(field.Name), field.Mark, $"unknown field{meant}");
        }
    }

    private string PathOf(string name) => FieldPath.Field(_path, name);
}
