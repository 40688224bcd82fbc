"""Bodies as the platform sends them; all values are invented. One per form that is on record."""

from urllib.parse import quote, quote_plus

ACCOUNT = "account[subdomain]=demo&account[id]=12345678&account[_links][self]=https://demo.amocrm.ru"


def wire(readable: str) -> bytes:
    """The bytes on the wire of a readable body: lines are joined, keys and values percent-encoded."""
    pairs = (
        pair.split("=", 1)
        for line in readable.split("\n")
        for pair in line.strip().strip("&").split("&")
        if pair
    )
    return "&".join(
        f"{quote(key, safe='')}={quote_plus(value.replace('+', ' '))}" for key, value in pairs
    ).encode()


LEAD = """
leads[{action}][0][id]=900001&leads[{action}][0][name]=Order+17&leads[{action}][0][status_id]=142
&leads[{action}][0][old_status_id]=500002&leads[{action}][0][price]=22500&leads[{action}][0][responsible_user_id]=700001
&leads[{action}][0][old_responsible_user_id]=700003&leads[{action}][0][last_modified]=1700000100
&leads[{action}][0][modified_user_id]=700002&leads[{action}][0][created_user_id]=700001&leads[{action}][0][date_create]=1700000000
&leads[{action}][0][pipeline_id]=400001&leads[{action}][0][tags][0][id]=80147&leads[{action}][0][tags][0][name]=repeat
&leads[{action}][0][account_id]=12345678
&leads[{action}][0][custom_fields][0][id]=66339&leads[{action}][0][custom_fields][0][name]=Source
&leads[{action}][0][custom_fields][0][values][0][value]=Site&leads[{action}][0][custom_fields][0][values][0][enum]=139517
&leads[{action}][0][custom_fields][1][id]=72333&leads[{action}][0][custom_fields][1][name]=Visit+date
&leads[{action}][0][custom_fields][1][values][0]=1700090000
&leads[{action}][0][custom_fields][2][id]=6099&leads[{action}][0][custom_fields][2][name]=_ym_uid
&leads[{action}][0][custom_fields][2][values][0][value]=87856&leads[{action}][0][custom_fields][2][code]=_YM_UID
&leads[{action}][0][created_at]=1700000000&leads[{action}][0][updated_at]=1700000100
"""

CONTACT = """
contacts[update][0][id]=37000001&contacts[update][0][name]=Ann+Lee&contacts[update][0][responsible_user_id]=700001
&contacts[update][0][date_create]=1700000000&contacts[update][0][last_modified]=1700000200
&contacts[update][0][created_user_id]=700001&contacts[update][0][modified_user_id]=700001
&contacts[update][0][company_name]=Acme&contacts[update][0][linked_company_id]=37000009&contacts[update][0][account_id]=12345678
&contacts[update][0][custom_fields][0][id]=735649&contacts[update][0][custom_fields][0][name]=Phone
&contacts[update][0][custom_fields][0][values][0][value]=79000000000&contacts[update][0][custom_fields][0][values][0][enum]=718321
&contacts[update][0][custom_fields][0][code]=PHONE
&contacts[update][0][tags][0][id]=72289&contacts[update][0][tags][0][name]=vip
&contacts[update][0][linked_leads_id][900001][ID]=900001&contacts[update][0][old_responsible_user_id]={old}
&contacts[update][0][created_at]=1700000000&contacts[update][0][updated_at]=1700000200&contacts[update][0][type]={kind}
"""

TASK = """
task[update]{index}[id]=1564845&task[update]{index}[element_id]=900001&task[update]{index}[element_type]=2&task[update]{index}[task_type]=1
&task[update]{index}[date_create]=2025-03-03+13:20:25&task[update]{index}[text]=Call+back&task[update]{index}[status]=1
&task[update]{index}[account_id]=12345678&task[update]{index}[created_user_id]=700001
&task[update]{index}[last_modified]=2025-03-03+13:21:09&task[update]{index}[responsible_user_id]=700001
&task[update]{index}[complete_till]=2025-03-10+20:59:00&task[update]{index}[action_close]=1&task[update]{index}[result][id]=155155
&task[update]{index}[result][text]=Done&task[update]{index}[old_text]=Call&task[update]{index}[created_at]=1741008025
&task[update]{index}[updated_at]=1741008069&task[update]{index}[complete_before]=1741640340
"""

NOTE = """
{group}[note][0][note][text]=note+text&{group}[note][0][note][attachement]=&{group}[note][0][note][date_create]=2025-03-03+16:38:11
&{group}[note][0][note][note_type]=4&{group}[note][0][note][element_type]={number}&{group}[note][0][note][element_id]=900001
&{group}[note][0][note][catalog_id]=0&{group}[note][0][note][group_id]=0&{group}[note][0][note][timestamp_x]=2025-03-03+16:38:49
&{group}[note][0][note][account_id]=12345678
&{group}[note][0][note][metadata]={{"event_source":{{"id":700001,"author_name":"Ann","type":1}}}}
&{group}[note][0][note][created_by]=700001&{group}[note][0][note][modified_by]=700002&{group}[note][0][note][main_user_id]=700001
&{group}[note][0][note][id]=4600471&{group}[note][0][note][created_at]=1741009091&{group}[note][0][note][updated_at]=1741009129
"""

ELEMENT = """
catalogs[add][0][id]=347577&catalogs[add][0][date_create]=1700000000&catalogs[add][0][date_modify]=1700000000
&catalogs[add][0][created_by]=700001&catalogs[add][0][modified_by]=700001&catalogs[add][0][catalog_id]=4001
&catalogs[add][0][name]=Item+1&catalogs[add][0][deleted]=0&catalogs[add][0][custom_fields][0][id]=771934
&catalogs[add][0][custom_fields][0][name]=SKU&catalogs[add][0][custom_fields][0][values][0][value]=A-1
&catalogs[add][0][custom_fields][0][code]=SKU&catalogs[add][0][created_at]=1700000000
&catalogs[add][0][updated_at]=1700000000&catalogs[add][0][type]=catalog
"""

UNSORTED_FORM = """
unsorted[add][0][uid]=4278accf80&unsorted[add][0][category]=forms&unsorted[add][0][source_data][form_id]=1303311
&unsorted[add][0][source_data][form_type]=1&unsorted[add][0][source_data][form_name]=Site
&unsorted[add][0][source_data][origin][ip]=192.0.2.10&unsorted[add][0][source_data][origin][datetime]=1700000000
&unsorted[add][0][source_data]{data}[name_2][type]=text&unsorted[add][0][source_data]{data}[name_2][id]=name_2
&unsorted[add][0][source_data]{data}[name_2][element_type]=2&unsorted[add][0][source_data]{data}[name_2][name]=Lead+name
&unsorted[add][0][source_data]{data}[name_2][value]=Demo&unsorted[add][0][data][leads][0][name]=Demo
&unsorted[add][0][data][leads][0][gso_session_uid]=null&unsorted[add][0][data][leads][0][tags]=site
&unsorted[add][0][data][leads][0][pipeline_id]=400001&unsorted[add][0][pipeline_id]=400001
&unsorted[add][0][account_id]=12345678&unsorted[add][0][lead_id]=900003&unsorted[add][0][created_at]=1700000000
"""

UNSORTED_CHAT = """
unsorted[add][0][uid]=00b6ffaa11&unsorted[add][0][source]=telegram:29e80000-0000-4000-8000-000000000006
&unsorted[add][0][source_uid]=amojo:telegram:54caee02-0000-4000-8000-000000000002&unsorted[add][0][category]=chats
&unsorted[add][0][source_data][from]=Ann&unsorted[add][0][source_data][name]=Ann
&unsorted[add][0][source_data][date]=1700000000&unsorted[add][0][source_data][service]=telegram
&unsorted[add][0][source_data][client][name]=Ann&unsorted[add][0][source_data][client][id]=1390000000
&unsorted[add][0][source_data][origin][provider]=amojo
&unsorted[add][0][source_data][origin][chat_id]=54caee02-0000-4000-8000-000000000002
&unsorted[add][0][source_data][data][0][id]=31750000-0000-4000-8000-000000000007
&unsorted[add][0][source_data][data][0][manager]=0&unsorted[add][0][source_data][data][0][date]=1700000000
&unsorted[add][0][source_data][data][0][text]=Hello&unsorted[add][0][date_create]=1700000000
&unsorted[add][0][data][contacts][0][id]=37000001&unsorted[add][0][pipeline_id]=400001
&unsorted[add][0][account_id]=12345678&unsorted[add][0][source_id]=22590000&unsorted[add][0][lead_id]=900004
&unsorted[add][0][created_at]=1700000000
"""

TALK = """
talk[{action}][0][talk_id]=191&talk[{action}][0][created_at]=1700000000&talk[{action}][0][updated_at]=1700000000
&talk[{action}][0][rate]=0&talk[{action}][0][contact_id]=37000001&talk[{action}][0][chat_id]=33b41601-0000-4000-8000-000000000001
&talk[{action}][0][entity_id]=900001&talk[{action}][0][entity_type]=lead&talk[{action}][0][is_in_work]={work}
&talk[{action}][0][is_read]=0&talk[{action}][0][origin]=telegram
"""

MESSAGE = """
message[add]{index}[id]=d3bac6d3-0000-4000-8000-000000000001&message[add]{index}[chat_id]=54caee02-0000-4000-8000-000000000002
&message[add]{index}[talk_id]=100&message[add]{index}[contact_id]=37000001&message[add]{index}[text]=Hello
&message[add]{index}[created_at]=1700000000&message[add]{index}[message_type]=text&message[add]{index}[element_type]=2
&message[add]{index}[entity_type]=lead&message[add]{index}[element_id]=900001&message[add]{index}[entity_id]=900001
&message[add]{index}[type]=incoming&message[add]{index}[author][id]=1db2f5cc-0000-4000-8000-000000000003
&message[add]{index}[author][type]=external&message[add]{index}[author][name]=Ann&message[add]{index}[origin]=telegram
"""

OUTGOING = """
outgoing_message[add][0][id]=aaaa0000-0000-4000-8000-000000000004
&outgoing_message[add][0][chat_id]=54caee02-0000-4000-8000-000000000002&outgoing_message[add][0][talk_id]=100
&outgoing_message[add][0][contact_id]=37000001&outgoing_message[add][0][text]=Hi&outgoing_message[add][0][created_at]=1700000050
&outgoing_message[add][0][type]=outgoing&outgoing_message[add][0][origin]=vk&outgoing_message[add][0][source_id]=19660000
&outgoing_message[add][0][author][type]=internal&outgoing_message[add][0][author][user_id]=700001
&outgoing_message[add][0][recipient][id]=1db2f5cc-0000-4000-8000-000000000003&outgoing_message[add][0][recipient][type]=external
"""

TEMPLATE = """
add[0][id]=6955&add[0][type]=waba&add[0][account_id]=12345678&add[0][name]=hello&add[0][content]=Hello
&add[0][created_at]=1700000000&add[0][updated_at]=1700000000&add[0][is_editable]=1&add[0][reviews][0][id]=15
&add[0][reviews][0][source_id]=20826950&add[0][reviews][0][status]=review&add[0][reviews][0][reject_reason]=
&add[0][is_on_review]=1&add[0][waba_category]=UTILITY&add[0][waba_language]=ru
"""

PIPELINE_STATUS = """
leads[status][0][id]=900001&leads[status][0][old_pipeline_id]=400001&leads[status][0][pipeline_id]=400001
&leads[status][0][old_status_id]=500001&leads[status][0][status_id]=500002&account[id]=12345678&account[subdomain]=demo
"""

WIDGET_TRIGGER = {
    "event": {
        "type": 15,
        "type_code": "lead_appeared_in_status",
        "data": {
            "id": 900001,
            "element_type": 2,
            "status_id": 500002,
            "pipeline_id": 400001,
            "direction_of_movement": "went_to_trigger",
        },
        "time": 1700000000,
    },
    "action": {"settings": {"widget": {"settings": {"message": "text set by the user"}}}},
    "subdomain": "demo",
    "account_id": 12345678,
}

CHAT_MESSAGE = {
    "account_id": "11111111-2222-4333-8444-555555555555",
    "time": 1700000001,
    "message": {
        "conversation": {"id": "66666666-0000-4000-8000-000000000001", "client_id": "c-1"},
        "source": {"external_id": "78000000000"},
        "sender": {"id": "88888888-0000-4000-8000-000000000001"},
        "receiver": {
            "id": "77777777-0000-4000-8000-000000000001",
            "client_id": "u-1",
            "phone": "79000000000",
            "email": "",
        },
        "timestamp": 1700000000,
        "msec_timestamp": 1700000000980,
        "message": {
            "id": "99999999-0000-4000-8000-000000000001",
            "type": "text",
            "text": "Hi",
            "tag": "",
            "media": "",
            "thumbnail": "",
            "file_name": "",
            "file_size": 0,
        },
    },
}


def as_form(node: object, prefix: str = "") -> str:
    """A JSON body as a readable form."""
    if isinstance(node, dict):
        inner = node.items()
    elif isinstance(node, list):
        inner = enumerate(node)  # type: ignore[assignment]
    else:
        return f"{prefix}={node}"
    return "&".join(as_form(value, f"{prefix}[{key}]" if prefix else str(key)) for key, value in inner)
